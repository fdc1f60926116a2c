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
    """Day -730 at the vendor: no key is valid yet: refused, nothing signed.  Day 0: the same request is signed."""
    refused = asked.vendor("sign", "a.areq", "-o", "a.alic", clock="-730d", code=1)
    assert refused.error["code"] == "key.none"
    assert "clock" in refused.error["remedy"]
    assert not (asked.work / "a.alic").exists()
    told = asked.vendor("doctor", clock="-730d", code=1).json["checks"]
    assert [each["ok"] for each in told if each["check"] == "Clock"] == [False]
    asked.vendor("sign", "a.areq", "-o", "a.alic")
    assert asked.site("import", "a.alic").json["state"] == "active"


def test_two_years_ahead_is_signed_warned_of_and_never_stops_the_site(asked: World) -> None:
    """Day +730 at the vendor: review says how old the request looks; sign signs.  Day 0 at the site: not imported.

    The site says why, keeps its request open and runs on as it did.  With both clocks right the vendor's doctor tells
    what happened; a new request is signed as the next revision, and imported.
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
    asked.vendor("sign", "b.areq", "-o", "b.alic")
    done = asked.site("import", "b.alic").json
    assert (done["state"], done["revision"]) == ("active", 2)
    assert asked.site("license").warnings == []
    (told,) = [each for each in asked.vendor("doctor").json["checks"] if each["check"] == "Clock"]
    assert (told["ok"], "it was ahead once" in told["detail"]) == (True, True)


def test_a_site_whose_clock_is_wrong_is_told_so_to_the_vendor(asked: World) -> None:
    """The site's clock is two years behind at the request: the vendor reads a note, signs with the right time."""
    asked.site("request", "-o", "old.areq", clock="-730d")
    looked = asked.vendor("review", "old.areq").json
    assert any("dated" in str(reason) for reason in looked["reasons"]), looked["reasons"]
    asked.vendor("sign", "old.areq", "-o", "old.alic")
    assert asked.site("import", "old.alic").json["state"] == "active"
