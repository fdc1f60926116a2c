"""The readable side: it says what the block says, and where it was altered, the labels are named."""

import textwrap
import time

import pytest

from offline_activation.errors import Refusal
from offline_activation.formats.armor import unarmor
from offline_activation.formats.envelope import Kind, open_envelope
from offline_activation.formats.keys import SoftwareSigner, fingerprint
from offline_activation.formats.license_document import LicenseDocument, seal_license
from offline_activation.formats.names import DocumentId, reference
from offline_activation.formats.policy import Fallback, Policy
from offline_activation.formats.product import LimitRule, ProductDocument, seal_product
from offline_activation.formats.readable import LABELS, TITLES, compose, describe, differences
from offline_activation.formats.refusal import RefusalDocument, seal_refusal
from offline_activation.formats.request import ActivationRequest, Purpose, receive_request, seal_request
from offline_activation.formats.trust_list import TrustList, seal_trust_list
from offline_activation.formats.value import changed

KINDS = ["request", "license", "refusal", "receipt", "trust", "product"]


def said(document: bytes, text: str) -> tuple[str, ...]:
    read = unarmor(text, source="test")
    assert read.document == document
    return differences(document, read.readable)


def test_every_kind_that_travels_on_its_own_has_its_title_and_its_label() -> None:
    assert set(TITLES) == set(LABELS) == set(Kind) - {Kind.ROOT}


def test_a_root_certificate_has_no_file_of_its_own(documents: dict[str, bytes]) -> None:
    with pytest.raises(Refusal) as caught:
        compose(documents["root"])
    assert caught.value.code == "profile.kind"


def test_a_receipt_says_in_its_first_line_what_it_is(receipt_document: bytes) -> None:
    lines = compose(receipt_document).split("\n")
    assert lines[0] == "Receipt for a returned license"
    assert "Returned revision: 4" in lines
    assert any(line.startswith("OA1 RECEIPT ") for line in lines)


def test_a_transfer_shows_the_return_of_the_old_server(
    request_content: ActivationRequest, site: SoftwareSigner, next_issuing: SoftwareSigner
) -> None:
    returning = changed(request_content, purpose=Purpose.RETURN, volume_id="5E4C-1A2B")
    proof = seal_request(returning, site)
    document = seal_request(
        changed(request_content, purpose=Purpose.TRANSFER, site_key=next_issuing.public_key, proof=proof), next_issuing
    )
    lines = dict(describe(open_envelope(document)))
    assert lines["Purpose"] == "transfer"
    assert lines["Old server"] == f"its request {receive_request(proof).reference} is inside"
    assert lines["Old server, purpose"] == "return"
    assert lines["Old server, HD Volume ID"] == "5E4C-1A2B"
    assert lines["Old server, site key"] == fingerprint(site.public_key)
    assert lines["Site key"] == fingerprint(next_issuing.public_key)
    assert said(document, compose(document)) == ()


@pytest.mark.parametrize("damage", ["forged", "garbage", "license"])
def test_a_return_inside_that_cannot_be_used_says_so_and_nothing_of_its_words(
    request_content: ActivationRequest, site: SoftwareSigner, documents: dict[str, bytes], damage: str
) -> None:
    good = documents["request"]
    proof = {"forged": good[:-1] + bytes([good[-1] ^ 1]), "garbage": b"\xd2", "license": documents["license"]}[damage]
    document = seal_request(changed(request_content, purpose=Purpose.TRANSFER, proof=proof), site)
    lines = dict(describe(open_envelope(document)))
    assert lines["Old server"].startswith("what is inside as its return cannot be used: ")
    assert [label for label in lines if label.startswith("Old server, ")] == []
    assert said(document, compose(document)) == ()


def test_an_opened_emergency_and_a_return_made_before_are_shown(
    request_content: ActivationRequest, site: SoftwareSigner
) -> None:
    returned = DocumentId(bytes(range(16)))
    document = seal_request(changed(request_content, emergency_opened=1_795_498_206, returned=returned), site)
    lines = dict(describe(open_envelope(document)))
    assert lines["Emergency license opened"] == "2026-11-24 05:30 UTC"
    assert lines["Returned before with"] == reference(returned)


def test_the_rules_of_a_license_are_said_in_words(license_content: LicenseDocument, issuing: SoftwareSigner) -> None:
    policy = Policy(
        fallback=Fallback(days=30, limits={"employees": 5}, options=("kiosk", "portal")),
        grace_limits={"employees": 120},
        overuse_percent=10,
        drift_days=1,
        emergency_days=7,
        clock_days=(0, 30),
    )
    full = changed(license_content, policy=policy, trial=True, version_ceiling="4.2", replaced=(b"former01",))
    document = seal_license(full, issuing)
    lines = describe(open_envelope(document))
    assert lines[lines.index(("Grace days", "30")) + 1 :] == (
        ("Trial", "yes"),
        ("Versions covered", "up to 4.2, all of 4.2 included"),
        ("Former servers", "1, no longer licensed"),
        ("In grace, employees", "120"),
        ("Use above a limit", "up to 10 % with a warning"),
        ("After the last end", "Demo Mode for 30 days"),
        ("Demo Mode, employees", "5"),
        ("Demo Mode, options", "kiosk, portal"),
        ("On changed hardware", "works 1 day"),
        ("Clock set back", "up to 0 days without a word, then 30 days of grace"),
        ("Emergency license", "inside, works 7 days once opened"),
    )
    assert said(document, compose(document)) == ()
    ended = seal_license(changed(license_content, policy=Policy(fallback=Fallback(days=0))), issuing)
    assert dict(describe(open_envelope(ended)))["After the last end"] == "no Demo Mode"


def test_a_trust_list_shows_every_root_key_and_the_end_of_the_last(
    trust_content: TrustList, certificates: tuple[bytes, ...], later_roots: tuple[SoftwareSigner, ...]
) -> None:
    content = changed(trust_content, roots=certificates, root_until=1_795_498_206)
    document = seal_trust_list(content, later_roots[31])
    lines = dict(describe(open_envelope(document)))
    shown = f"{fingerprint(later_roots[31].public_key)}, named on 2026-11-23 05:30 UTC"
    assert lines["Root key 33"] == shown
    assert "Root key 34" not in lines
    assert lines["Root key ends at"] == "2026-11-24 05:30 UTC"
    assert said(document, compose(document)) == ()


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_text_and_opens_to_the_same_document(documents: dict[str, bytes], kind: str) -> None:
    text = compose(documents[kind])
    assert said(documents[kind], text) == ()
    assert text.endswith(" END\n")
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("kind", KINDS)
def test_each_altered_line_is_named_and_no_other(documents: dict[str, bytes], kind: str) -> None:
    document = documents[kind]
    text = compose(document)
    for label, value in describe(open_envelope(document)):
        altered = text.replace(f"\n{label}: {value}", f"\n{label}: something else", 1)
        assert altered != text
        assert said(document, altered) == (label,)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [24, 40, 60, 76])
def test_a_mail_program_that_breaks_long_lines_alters_nothing(
    documents: dict[str, bytes], kind: str, width: int
) -> None:
    lines = compose(documents[kind]).split("\n")
    wrap = textwrap.TextWrapper(width, break_on_hyphens=False, break_long_words=False).wrap
    broken = [piece for line in lines for piece in wrap(line) or [""]]
    assert said(documents[kind], "\r\n".join("> " + line for line in broken)) == ()


def test_several_altered_lines_are_named_in_order_each_once(request_document: bytes) -> None:
    text = compose(request_document).replace("Sacramento", "Oakland").replace("Maria", "Mario")
    doubled = text.replace("City: Oakland", "City: Oakland\nCity: Fresno")
    assert said(request_document, doubled) == ("First name", "City")


def test_an_added_second_line_of_a_label_is_named(request_document: bytes) -> None:
    text = compose(request_document).replace("City: Sacramento", "City: Sacramento\nCity: Oakland")
    assert said(request_document, text) == ("City",)


def test_lines_of_nobody_are_ignored(request_document: bytes) -> None:
    text = "Dear vendor: please sign.\n" + compose(request_document) + "\nKind regards: Maria\n"
    assert said(request_document, text) == ()


def test_labels_with_colons_and_twice_the_same_label_are_understood(
    product_content: ProductDocument, root: SoftwareSigner
) -> None:
    rules = {
        "a": LimitRule(label="Seats: named", demo=1),
        "b": LimitRule(label="Seats: named", demo=2),
        "c": LimitRule(label="Seats", demo=3),
    }
    document = seal_product(changed(product_content, limits=rules), root)
    assert said(document, compose(document)) == ()
    assert said(document, compose(document).replace(": 3 in demo", ": 9 in demo")) == ("Limit, Seats",)


def test_blanks_in_values_do_not_matter(request_content: ActivationRequest, site: SoftwareSigner) -> None:
    contact = changed(request_content.contact, company="  North   wind >", address2="   ")
    document = seal_request(changed(request_content, contact=contact), site)
    assert said(document, compose(document)) == ()


def test_the_longest_sentences_survive_a_narrow_mail(refusal_content: RefusalDocument, issuing: SoftwareSigner) -> None:
    long = changed(refusal_content, message="word " * 59 + "word.", remedy="step " * 59 + "step.")
    document = seal_refusal(long, issuing)
    broken = "\n".join(textwrap.fill(line, 60) for line in compose(document).split("\n"))
    assert said(document, broken) == ()
    assert said(document, broken.replace("word.", "sword.")) == ("Reason",)


def test_an_instant_far_away_is_said_in_words(request_content: ActivationRequest, site: SoftwareSigner) -> None:
    document = seal_request(changed(request_content, created=2**53 - 1), site)
    assert "Request date: in the far future" in compose(document)


def test_a_hundred_thousand_lines_around_the_block_cost_little(request_document: bytes) -> None:
    began = time.process_time()
    assert differences(request_document, ["x"] * 100_000) == ()
    assert time.process_time() - began < 4
