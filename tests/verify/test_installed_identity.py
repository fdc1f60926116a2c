"""Whose license, whose machine: the vendor's root key a program insists on, and volume ids that come and go."""

from collections.abc import Callable
from pathlib import Path

import pytest

from offline_activation import Refusal, load_license
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.license_document import LicenseDocument
from offline_activation.formats.value import changed
from offline_activation.identity.components import blinded, fallback_marks
from offline_activation.identity.reading import Component
from offline_activation.identity.volume import fallback_id
from offline_activation.verify.checks import AcceptedLicense, Evidence, Facts, check_response
from offline_activation.verify.trust import Trust

NOW = 1_795_500_000
RAW_MACHINE_ID = "0123456789abcdef0123456789abcdef"


def component(name: str, value: str | None) -> Component:
    return Component(name=name, value=value, source="test", note="")


def test_a_program_that_names_its_root_key_runs_under_it(licensed: Path, root: SoftwareSigner) -> None:
    name = bytes(root.public_key).hex()
    assert load_license("infinitime", root=name, home=licensed, now=NOW).state == "active"
    assert load_license("infinitime", root=name.upper(), home=licensed, now=NOW).state == "active"


def test_an_installation_of_another_vendor_gives_such_a_program_nothing(
    licensed: Path, attacker: SoftwareSigner
) -> None:
    lic = load_license("infinitime", root=bytes(attacker.public_key).hex(), home=licensed, now=NOW)
    assert lic.state == "not_activated"
    assert lic.problem is not None
    assert lic.problem.code == "site.other_root"
    assert lic.limit("employees") == 0
    with pytest.raises(Refusal, match="another root key"):
        load_license("infinitime", root="ab" * 32, home=licensed, now=NOW, strict=True)


@pytest.fixture
def machine(facts: Facts) -> Callable[[str, str | None], Facts]:
    """Return the facts of a machine whose volume shows this id; without one it falls back to the machine id."""

    def machine(raw: str, volume: str | None) -> Facts:
        shown = volume or fallback_id("machine-id", raw)
        found = (component("volume_id", shown), component("machine_id", raw), component("firmware_uuid", None))
        marks = {c.name: blinded(c, product=facts.product, site_key=facts.site_key) for c in found if c.value}
        fallbacks = fallback_marks(found, product=facts.product, site_key=facts.site_key)
        return changed(facts, components=marks, fallback_volumes=fallbacks)

    return machine


@pytest.mark.parametrize(("raw", "is_same"), [(RAW_MACHINE_ID, True), ("f" * 32, False)])
def test_a_license_bound_to_the_fallback_stays_good_when_the_volume_gets_an_id_of_its_own(
    machine: Callable[[str, str | None], Facts],
    license_content: LicenseDocument,
    make_license: Callable[..., bytes],
    trust: Trust,
    evidence: Evidence,
    *,
    raw: str,
    is_same: bool,
) -> None:
    bound = machine(RAW_MACHINE_ID, None).components
    document = make_license(components=bound)
    later = machine(raw, "2f1c1d5e-8f2b-4c59-9f4e-6a51c4bb0c11")
    now = license_content.issued

    def check() -> object:
        return check_response(document, trust=trust, facts=later, evidence=evidence, now=now)

    if is_same:
        accepted = check()
        assert isinstance(accepted, AcceptedLicense)
        assert accepted.match.verdict == "same"
    else:
        with pytest.raises(Refusal) as refused:
            check()
        assert refused.value.code == "license.wrong_machine"
