from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.errors import Refusal
from offline_activation.formats.fields import Fields
from offline_activation.formats.keys import SoftwareSigner
from offline_activation.formats.match_policy import MatchPolicy
from offline_activation.formats.policy import Fallback, Policy, policy_map, read_policy
from offline_activation.formats.product import receive_product, seal_product
from offline_activation.formats.request import Purpose
from offline_activation.formats.trust_list import TrustList, seal_trust_list
from offline_activation.formats.value import changed
from offline_activation.vendor.products import product_document, read_definition
from offline_activation.vendor.records import Vendor

SAMPLE = (Path(__file__).parents[2] / "samples" / "infinitime.toml").read_text()
LEAST = '[product]\nid = "p"\nname = "P"\n'


def refused(text: str) -> str:
    with pytest.raises(Refusal) as caught:
        read_definition(text, path="p.toml")
    assert caught.value.code == "product.invalid"
    assert "p.toml" in caught.value.message
    return caught.value.message


def test_the_sample_is_complete_and_says_what_it_is() -> None:
    found = read_definition(SAMPLE, path="sample")
    assert (found.product, found.name, found.lease_days, found.grace_days) == ("infinitime", "InfiniTime", 183, 30)
    assert found.warn_days == (90, 30, 14, 7, 1)
    assert {name: (rule.label, rule.demo) for name, rule in found.limits.items()} == {
        "employees": ("Employees", 5),
        "badge_readers": ("Badge readers", 0),
        "biometric_readers": ("Biometric readers", 0),
    }
    assert found.options["telephone_punch"].label == "Telephone Punch Module"
    assert (found.grace_limits, found.max_unreturned) == ({}, 2)
    assert found.auto == {Purpose.ACTIVATE, Purpose.UPDATE, Purpose.RENEW, Purpose.RETURN}


def test_the_least_definition_has_the_documented_defaults() -> None:
    found = read_definition(LEAST, path="p.toml")
    assert (found.lease_days, found.grace_days, found.demo_days, found.warn_days) == (183, 30, 30, (90, 30, 14, 7, 1))
    assert found.auto == {Purpose.ACTIVATE, Purpose.UPDATE, Purpose.RENEW, Purpose.RETURN}
    assert (found.limits, found.grace_limits, found.max_unreturned) == ({}, {}, 2)
    assert found.policy() == Policy(fallback=Fallback(days=30), emergency_days=7)


def test_the_rules_of_a_license_are_those_of_the_definition() -> None:
    text = """[license]
overuse_percent = 10
drift_days = 21
emergency_days = 0
clock_tolerance_days = 3
clock_grace_days = 0
fallback_days = 12
[match]
needed = 3
network = 0
[limits.readers]
grace = 0
[limits.employees]
demo = 5
grace = 80
[limits.doors]
[options.punch]
demo = true
[options.accruals]
[policy]
max_unreturned = 0
"""
    found = read_definition(LEAST + text, path="p.toml")
    assert (found.grace_limits, found.max_unreturned) == ({"readers": 0, "employees": 80}, 0)
    rules = Policy(
        fallback=Fallback(days=12, limits={"employees": 5}, options=("punch",)),
        grace_limits={"employees": 80, "readers": 0},
        overuse_percent=10,
        drift_days=21,
        emergency_days=0,
        clock_days=(3, 0),
        match=MatchPolicy(needed=3, weights={"volume_id": 2, "machine_id": 1, "firmware_uuid": 1}),
    )
    assert found.policy() == rules
    assert found.policy(trial=True) == changed(rules, fallback=Fallback(days=0))
    assert read_policy(Fields(policy_map(rules))) == rules


def test_the_fall_back_lasts_as_long_as_the_demo_unless_it_says_otherwise() -> None:
    for text, days in (("[demo]\ndays = 9\n", 9), ("[demo]\ndays = 9\n[license]\nfallback_days = 0\n", 0)):
        assert read_definition(LEAST + text, path="p.toml").policy().fallback == Fallback(days=days)


def test_a_product_file_carries_the_definition_the_root_key_and_the_trust_list() -> None:
    root = SoftwareSigner(bytes([1]) * 32)
    trust = seal_trust_list(TrustList(number=1, vendor="V", issued=1, keys=()), root)
    vendor = Vendor(name="V", root=root.public_key, created=1)
    content = product_document(read_definition(SAMPLE, path="sample"), vendor=vendor, trust=trust, issued=5)
    assert receive_product(seal_product(content, root)) == content
    moved = product_document(
        read_definition(LEAST, path="p"), vendor=vendor, trust=trust, issued=5, server="https://x.y"
    )
    assert (moved.server, moved.vendor) == ("https://x.y", "V")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "[product] is missing"),
        ("product = 3", "[product] is not a table"),
        ("[product", "not TOML"),
        ('[product]\nname = "P"\n', "[product] id is missing"),
        ('[product]\nid = "p"\n', "[product] name is missing"),
        ('[product]\nid = "P p"\nname = "P"\n', "[product] id is not a name"),
        ('[product]\nid = 3\nname = "P"\n', "[product] id is not a name"),
        (f'[product]\nid = "p"\nname = "{"x" * 81}"\n', "[product] name: 81 characters"),
        ('[product]\nid = "p"\nname = " "\n', "[product] name: 1 characters"),
        ('[product]\nid = "p"\nname = "a\\u202eb"\n', "[product] name: contains control"),
        (LEAST + "lease_days = -1\n", "[product] lease_days: not a whole number"),
        (LEAST + "lease_days = true\n", "[product] lease_days: not a whole number"),
        (LEAST + "lease_days = 1.5\n", "[product] lease_days: not a whole number"),
        (LEAST + "lease_day = 3\n", "[product] lease_day is not known"),
        (LEAST + "warn_days = [1, 7]\n", "[product] warn_days: the days do not fall"),
        (LEAST + "warn_days = [7, 7]\n", "[product] warn_days: the days do not fall"),
        (LEAST + "warn_days = [0]\n", "[product] warn_days: not whole numbers"),
        (LEAST + "warn_days = 3\n", "[product] warn_days: not a list"),
        (LEAST + 'support_email = "a@b, c@d"\n', "[product] support_email: not one mail address"),
        (LEAST + 'server = "javascript:alert(1)"\n', "[product] server: not an address"),
        (LEAST + 'server = "https://[::1"\n', "[product] server: not an address"),
        (LEAST + "[limits]\nemployees = 3\n", "[limits.employees] is not a table"),
        (LEAST + '[limits."Em ployees"]\n', "[limits.Em ployees] is not a name"),
        (LEAST + "[limits.employees]\ndemo = -1\n", "[limits.employees] demo: not a whole number"),
        (LEAST + "[limits.employees]\nlable = 'x'\n", "[limits.employees] lable is not known"),
        (LEAST + "[options.a]\ndemo = 1\n", "[options.a] demo: not true or false"),
        (LEAST + "[options.a]\n[limits.a]\n", "a is both a limit and an option"),
        (LEAST + "".join(f"[limits.l{n}]\n" for n in range(17)), "[limits] has 17 entries"),
        (LEAST + "".join(f"[options.o{n}]\n" for n in range(33)), "[options] has 33 entries"),
        (LEAST + "[demo]\ndays = 'x'\n", "[demo] days: not a whole number"),
        (LEAST + "[demo]\nday = 3\n", "[demo] day is not known"),
        (LEAST + "[policy]\nauto = ['steal']\n", "[policy] auto: steal is not a purpose"),
        (LEAST + "[policy]\nauto = ['renew']\nask = ['renew']\n", "[policy] ask: renew is also in auto"),
        (LEAST + "[policy]\nauto = 'renew'\n", "[policy] auto: not a list"),
        (LEAST + "[polizy]\n", "[polizy] is not known"),
        (LEAST + "[license]\noveruse_percent = 101\n", "[license] overuse_percent: not a whole number of 0 to 100"),
        (LEAST + "[license]\ndrift_days = -1\n", "[license] drift_days: not a whole number"),
        (LEAST + "[license]\nemergency_days = true\n", "[license] emergency_days: not a whole number"),
        (LEAST + "[license]\nemergency_days = 61\n", "[license] emergency_days: not a whole number of 0 to 60"),
        (LEAST + "[license]\nclock_tolerance_days = '2'\n", "[license] clock_tolerance_days: not a whole number"),
        (LEAST + "[license]\nclock_grace_days = 36601\n", "[license] clock_grace_days: not a whole number"),
        (LEAST + "[license]\nfallback_days = 1.5\n", "[license] fallback_days: not a whole number"),
        (LEAST + "[license]\nfall_back = 1\n", "[license] fall_back is not known"),
        (LEAST + "[[license]]\n", "[license] is not a table"),
        (LEAST + "[match]\nneeded = 6\n", "[match] needed: from 1 to 5, the weights together"),
        (LEAST + "[match]\nneeded = 0\n", "[match] needed: from 1 to 5, the weights together"),
        (LEAST + "[match]\nvolume_id = 101\n", "[match] volume_id: not a whole number of 0 to 100"),
        (LEAST + "[match]\nserial = 1\n", "[match] serial is not known"),
        (LEAST + "[limits.employees]\ngrace = -1\n", "[limits.employees] grace: not a whole number"),
        (LEAST + "[options.a]\ngrace = 1\n", "[options.a] grace is not known"),
        (LEAST + "[policy]\nmax_unreturned = 1001\n", "[policy] max_unreturned: not a whole number of 0 to 1000"),
        ("a = " + "[" * 5000, "not TOML"),
    ],
)
def test_every_mistake_is_one_sentence_that_names_table_and_key(text: str, named: str) -> None:
    assert named in refused(text)


def test_a_purpose_in_neither_list_asks() -> None:
    found = read_definition(LEAST + "[policy]\nauto = ['renew']\nask = []\n", path="p")
    assert found.auto == {Purpose.RENEW}


@given(st.text(max_size=200))
def test_no_text_makes_anything_but_a_refusal(text: str) -> None:
    for candidate in (text, LEAST + text):
        try:
            read_definition(candidate, path="p")
        except Refusal as refusal:
            assert refusal.code == "product.invalid"  # noqa: PT017 - both outcomes are allowed, only this refusal is
