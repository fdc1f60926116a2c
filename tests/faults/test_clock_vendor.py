"""The vendor's own clock is two years off: what happens, what is said, and how the customer gets out of it."""

from typing import Any

import pytest

World = Any


@pytest.fixture
def asked(ordered: World) -> World:
    ordered.site("init", "infinitime.product")
    contact = ("--license-number", ordered.number, "--contact", "contact.toml")
    ordered.site("request", *contact, "-o", "a.areq")
    return ordered


def test_two_years_behind_nothing_is_signed_and_the_clock_is_named(asked: World) -> None:
    """Day -730 at the vendor: older than its own keys: refused, nothing signed.  Day 0: the same request is signed."""
    refused = asked.vendor("sign", "a.areq", "-o", "a.alic", clock="-730d", code=1)
    assert refused.error["code"] == "vendor.clock_behind"
    assert "clock" in refused.error["remedy"]
    assert not (asked.work / "a.alic").exists()
    told = asked.vendor("doctor", clock="-730d", code=1).json["checks"]
    assert [each["ok"] for each in told if each["check"] == "Clock"] == [False]
    asked.vendor("sign", "a.areq", "-o", "a.alic")
    assert asked.site("import", "a.alic").json["state"] == "active"


def test_two_years_ahead_is_signed_warned_of_and_never_stops_the_site(asked: World) -> None:
    """Day +730 at the vendor: review says how old the request looks; sign signs.  Day 0 at the site: not imported.

    The site says why, keeps its request open and runs on as it did.  With both clocks right the vendor's doctor tells
    what happened and nothing is signed, until a person says that the clock is right; then a new request is signed as
    the next revision, and imported.
    """
    looked = asked.vendor("review", "a.areq", clock="+730d").json
    assert looked["decision"] == "sign"
    assert any("dated" in reason for reason in map(str, looked["reasons"])), looked["reasons"]
    asked.vendor("sign", "a.areq", "-o", "a.alic", clock="+730d")
    refused = asked.site("import", "a.alic", code=1)
    assert refused.error["code"] == "clock.future"
    assert asked.site("license").json["state"] == "demo"
    (told,) = [each for each in asked.vendor("doctor", code=None).json["checks"] if each["check"] == "Clock"]
    assert (told["ok"], "wrong now, or wrong then" in told["detail"]) == (False, True)
    asked.site("request", "-o", "b.areq")
    assert asked.vendor("sign", "b.areq", "-o", "b.alic", code=1).error["code"] == "vendor.clock_behind"
    assert asked.vendor("trust", "renew", code=2).error["code"] == "usage.missing"
    asked.vendor("trust", "renew", "--clock-is-right", "--reason", "It was in 2028")
    asked.vendor("sign", "b.areq", "-o", "b.alic")
    done = asked.site("import", "b.alic").json
    assert (done["state"], done["revision"]) == ("active", 2)
    assert asked.site("license").warnings == []
    (told,) = [each for each in asked.vendor("doctor").json["checks"] if each["check"] == "Clock"]
    assert (told["ok"], "it was ahead once" in told["detail"]) == (True, True)


@pytest.mark.parametrize(("ahead", "back"), [("+60d", "+0"), ("+0", "-3d")])
@pytest.mark.parametrize("begun", [("keys", "rotate"), ("product", "export", "infinitime", "-o", "later.product")])
def test_nothing_is_signed_or_exported_under_a_clock_behind_what_was_signed(
    asked: World, ahead: str, back: str, begun: tuple[str, ...]
) -> None:
    """A list or product file dated ahead is out there, or the clock fell back: one of the two clocks was wrong."""
    asked.vendor(*begun, clock=ahead)
    (key,) = [each["key_id"] for each in asked.vendor("keys", "list").json["keys"] if each["state"] == "active"][-1:]
    for command in (
        ("sign", "a.areq", "-o", "x.alic"),
        ("refuse", "a.areq", "--reason", "no"),
        ("keys", "rotate"),
        ("keys", "rotate", "--root"),
        ("keys", "revoke", key, "--rotate"),
        ("product", "export", "infinitime", "-o", "x.product"),
        ("trust", "export", "-o", "x.trust"),
    ):
        refused = asked.vendor(*command, clock=back, code=1).error
        assert (command, refused["code"]) == (command, "vendor.clock_behind")
    assert not [*asked.work.glob("x.*")]
    (told,) = [e for e in asked.vendor("doctor", clock=back, code=1).json["checks"] if e["check"] == "Clock"]
    assert "wrong now, or wrong then" in told["detail"]


def test_a_vendor_that_was_ahead_goes_on_once_a_person_says_that_the_clock_is_right(asked: World) -> None:
    """Keys, list and product file made 60 days ahead: renewed, rotated, exported again; a new site is licensed."""
    asked.vendor("keys", "rotate", clock="+60d")
    asked.vendor("product", "export", "infinitime", "-o", "ahead.product", clock="+60d")
    done = asked.vendor("trust", "renew", "--clock-is-right").json
    assert (done["exported_ahead"], done["key_not_valid_yet"]) == (["infinitime"], True)
    assert asked.vendor("sign", "a.areq", "-o", "a.alic", code=1).error["code"] == "key.none"
    asked.vendor("keys", "rotate")
    asked.vendor("product", "export", "infinitime", "-o", "right.product")
    asked.vendor("sign", "a.areq", "-o", "a.alic")
    assert asked.site("import", "a.alic").json["state"] == "active"
    assert asked.vendor("doctor").json["healthy"] is True
    refused = asked.vendor("sign", "a.areq", "-o", "x.alic", clock="-3d", code=1)
    assert refused.error["code"] == "vendor.clock_behind", "what is signed from now on counts again"


def test_a_site_whose_clock_is_wrong_is_told_so_to_the_vendor(asked: World) -> None:
    """The site's clock is two years behind at the request: the vendor reads a note, signs with the right time."""
    asked.site("request", "-o", "old.areq", clock="-730d")
    looked = asked.vendor("review", "old.areq").json
    assert any("dated" in str(reason) for reason in looked["reasons"]), looked["reasons"]
    asked.vendor("sign", "old.areq", "-o", "old.alic")
    assert asked.site("import", "old.alic").json["state"] == "active"
