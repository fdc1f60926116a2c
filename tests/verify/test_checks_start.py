"""The ladder at a start, under random input, and as a pure function."""

import subprocess
import sys
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from offline_activation.formats.cbor import Value
from offline_activation.formats.keys import SoftwareSigner, key_id
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.names import DocumentId, ProductId
from offline_activation.formats.trust_list import IssuingKey, receive_trust_list
from offline_activation.formats.value import changed
from offline_activation.verify.checks import (
    AcceptedLicense,
    AcceptedRefusal,
    Evidence,
    Facts,
    check_installed,
    check_response,
)
from offline_activation.verify.trust import Trust, pinned_trust

NOW = 1_795_500_000
DAY = 86_400
UNASKED = DocumentId(bytes(16))

Check = Callable[..., AcceptedLicense | AcceptedRefusal]
CodeOf = Callable[..., str]
Make = Callable[..., bytes]


# -- the license in force, at every start -----------------------------------------------------------------------------


def test_a_start_warns_of_a_revoked_key_and_goes_on(
    make_license: Make,
    make_list: Make,
    facts: Facts,
    root: SoftwareSigner,
    issuing: SoftwareSigner,
    entries: tuple[IssuingKey, ...],
) -> None:
    for keys in (entries, entries[1:]):
        newest = pinned_trust(root.public_key, make_list(9, keys=keys, revoked=(key_id(issuing.public_key),)))
        assert check_installed(make_license(), trust=newest, facts=facts).revoked_key


def test_a_start_goes_on_when_newer_lists_leave_the_key_out_or_bind_it_anew(
    make_license: Make, make_list: Make, facts: Facts, root: SoftwareSigner, entries: tuple[IssuingKey, ...]
) -> None:
    shortened = changed(entries[0], not_after=NOW - 90 * DAY)
    for keys in (entries[1:], (shortened,), ()):
        newest = pinned_trust(root.public_key, make_list(9, keys=keys))
        accepted = check_installed(make_license(), trust=newest, facts=facts)
        assert not accepted.revoked_key
        assert accepted.trust.current.number == 9


def test_a_start_believes_only_lists_of_the_pinned_root(
    code_of: CodeOf,
    make_license: Make,
    make_list: Make,
    trust: Trust,
    facts: Facts,
    attacker: SoftwareSigner,
    entries: tuple[IssuingKey, ...],
) -> None:
    carried = make_list(99, keys=(changed(entries[0], key=attacker.public_key),), by=attacker)
    for document in (make_license(trust=carried, by=attacker), make_license(by=attacker)):
        assert code_of(check_installed, document, trust=trust, facts=facts) == "key.unknown"


def test_a_start_checks_site_product_machine_and_signature(
    code_of: CodeOf, make_license: Make, make_refusal: Make, trust: Trust, facts: Facts, attacker: SoftwareSigner
) -> None:
    def code(document: bytes, **wrong: object) -> str:
        return code_of(check_installed, document, trust=trust, facts=changed(facts, **wrong))

    assert code(make_license()) == "accepted"
    assert code(make_license(), site_key=attacker.public_key) == "license.wrong_machine"
    assert code(make_license(), product=ProductId("infinipay")) == "binding.other_product"
    assert code(make_license(), components={"volume_id": b"volume02"}) == "license.wrong_machine"
    assert code(make_refusal()) == "profile.kind"
    assert code(make_license()[:-1] + b"\0") == "signature.invalid"


def test_a_start_asks_neither_for_a_request_nor_for_the_time(make_license: Make, trust: Trust, facts: Facts) -> None:
    document = make_license(request_id=UNASKED, lease_until=1, grace_days=0)
    assert check_installed(document, trust=trust, facts=facts).license.lease_until == 1


# -- nothing but a refusal, nothing but a verdict ---------------------------------------------------------------------


@settings(deadline=None, max_examples=300)
@given(data=st.binary(max_size=600))
def test_random_bytes_are_refused(check: Check, code_of: CodeOf, data: bytes) -> None:
    assert code_of(check, data) != "accepted"


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_spliced_documents_are_refused(
    check: Check, code_of: CodeOf, make_license: Make, make_list: Make, data: st.DataObject
) -> None:
    document, other = make_license(), data.draw(st.sampled_from([make_list(), make_license(revision=9)]))
    begin = data.draw(st.integers(0, len(document)))
    end = data.draw(st.integers(begin, len(document)))
    at = data.draw(st.integers(0, len(other)))
    spliced = document[:begin] + other[at : at + end - begin] + document[end:]
    if spliced not in {document, other}:
        assert code_of(check, spliced) != "accepted"


MAP_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.binary(max_size=40) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.integers(0, 90), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=300)
@given(key=st.integers(-2, 70), item=MAP_VALUES)
def test_any_value_in_any_field_of_a_well_signed_license_is_accepted_or_refused_and_nothing_else(
    check: Check,
    code_of: CodeOf,
    make_license: Make,
    altered: Make,
    trust: Trust,
    facts: Facts,
    key: int,
    item: Value,
) -> None:
    document = altered(make_license(), {key: item})
    code_of(check, document)
    code_of(check_installed, document, trust=trust, facts=facts)


PURE = """
import sys
from offline_activation.errors import Refusal
from offline_activation.formats.names import DocumentId, ProductId
from offline_activation.formats.keys import PublicKey
from offline_activation.verify.checks import Evidence, Facts, check_installed, check_response
from offline_activation.verify.trust import pinned_trust

root, carried, site, good, bad = (bytes.fromhex(line) for line in sys.stdin)
trust = pinned_trust(PublicKey(root), carried)
components = {"volume_id": b"volume01", "machine_id": b"machine1", "firmware_uuid": b"firmware"}
facts = Facts(product=ProductId("infinitime"), site_key=PublicKey(site), components=components)
evidence = Evidence(open_requests=frozenset({DocumentId(bytes(range(16)))}))
check_response(good, trust=trust, facts=facts, evidence=evidence, now=1_795_500_000)
seen = []
watching = True
sys.addaudithook(lambda event, _: seen.append(event) if watching else None)
check_response(good, trust=trust, facts=facts, evidence=evidence, now=1_795_500_000)
check_installed(good, trust=trust, facts=facts)
try:
    check_response(bad, trust=trust, facts=facts, evidence=evidence, now=1_795_500_000)
except Refusal:
    pass
watching = False
print(sorted(set(seen)))
"""


def test_the_ladder_opens_no_file_socket_or_process(
    make_license: Make, make_list: Make, root: SoftwareSigner, site: SoftwareSigner
) -> None:
    good = make_license()
    given = (root.public_key, make_list(), site.public_key, good, good[:-1] + b"\0")
    finished = subprocess.run(
        [sys.executable, "-c", PURE],
        input="\n".join(part.hex() for part in given),
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.strip() == "[]"


def test_the_same_input_gives_the_same_verdict_and_leaves_its_arguments_alone(
    make_license: Make, trust: Trust, facts: Facts, evidence: Evidence, license_content: LicenseDocument
) -> None:
    before = repr((trust, facts, evidence))
    verdicts = [check_response(make_license(), trust=trust, facts=facts, evidence=evidence, now=NOW) for _ in range(2)]
    assert repr(verdicts[0]) == repr(verdicts[1])
    assert repr((trust, facts, evidence)) == before
    accepted = verdicts[0]
    assert isinstance(accepted, AcceptedLicense)
    assert accepted.license == license_content
    assert receive_trust_list(license_content.trust, trust.root) == accepted.trust.current
