"""The clock of a real server goes wrong: the product runs on, says so, and is healed by the right time or a response.

Each story is a timeline; times are relative to now, by the clock of a process that libfaketime answers.
"""

from collections.abc import Callable
from typing import Any

import pytest

World = Any
Application = Callable[..., Any]
Start = Callable[..., Application]

FULL, DEMO = 100, 5
"""Employees licensed, and those of the demo."""


def test_set_back_30_days_warns_then_counts_down_then_stops_and_heals(application: Start) -> None:
    """Day 0: licensed.  The clock falls back to day -30 and runs on from there.

    -30  warned, everything licensed works, "14 more days"
    -25  "9 more days": the five days it ran in this condition are counted
    -26  set back once more: nothing is added, nothing is given
    -18  eight days more: the last of the 14
    -17  the stated stop: clock_problem, with what the demo allows
      0  the right time: active without a word, in the same process
    """
    product = application()
    assert product("+0")["warnings"] == []
    for clock, state, left in (
        ("-30d", "active", 14),
        ("-25d", "active", 9),
        ("-26d", "active", 9),
        ("-18d", "active", 1),
        ("-17d", "clock_problem", 0),
    ):
        found = product(clock)
        assert (found["state"], found["employees"]) == (state, FULL if state == "active" else DEMO), clock
        if state == "active":
            assert "clock.set_back" in found["warnings"], clock
            days = "1 more day" if left == 1 else f"{left} more days"
            assert any(f"works {days} like this" in text for text in found["said"]), (clock, found["said"])
        else:
            assert found["problem"] == "clock.problem"
    healed = product("+0")
    assert (healed["state"], healed["employees"], healed["warnings"]) == ("active", FULL, [])


def test_the_commands_tell_the_same_story(licensed: World) -> None:
    """Day 0: licensed.  Day -30 by a wrong clock: license, check and doctor say what to do.  Day 0: silence."""
    licensed.site("license")
    wrong = licensed.site("license", clock="-30d")
    assert wrong.json["state"] == "active"
    assert "clock.set_back" in wrong.warnings
    told = next(each for each in wrong.json["warnings"] if each["code"] == "clock.set_back")
    assert "Correct the clock" in told["remedy"]
    assert licensed.site("check", "--use", "employees=100", clock="-30d").json["state"] == "active"
    finding = licensed.doctor("clock", clock="-30d")
    assert (finding["result"], finding["next_step"]) == ("problem", "Correct the clock of this server.")
    assert licensed.site("license").warnings == []
    assert licensed.doctor("clock")["result"] == "ok"


def test_a_request_under_a_clock_set_back_is_answered_and_imported_when_the_clock_is_right(licensed: World) -> None:
    """Day -30: a request, dated so.  The vendor signs.  Day -30: the import is refused.  Day 0: it is imported."""
    licensed.site("request", "-o", "back.areq", clock="-30d")
    licensed.vendor("sign", "back.areq", "-o", "back.alic")
    refused = licensed.site("import", "back.alic", clock="-30d", code=1)
    assert refused.error["code"] == "clock.future"
    assert licensed.site("import", "back.alic").json["revision"] == 2
    assert licensed.site("license").warnings == []


def test_five_years_ahead_in_one_boot_locks_nobody_out(application: Start) -> None:
    """Day 0: licensed.  The clock jumps five years ahead for an hour, then is right again.

    +5 years      expired: the demo's limits are over as well, as for anybody at that date
    +5 years 1 h  the same
    +0            active at once; nothing is left of it
    """
    product = application()
    product("+0")
    for clock in ("+43800h", "+43801h"):
        found = product(clock)
        assert (found["state"], found["problem"]) == ("expired", "license.expired")
    healed = product("+0")
    assert (healed["state"], healed["employees"], healed["warnings"]) == ("active", FULL, [])


def test_five_years_ahead_over_several_boots_is_healed_by_the_next_response(licensed: World) -> None:
    """Day 0: licensed.  A dead battery: the server runs five years ahead for three days, with a start on each.

    +5 years ... +3 days  expired, and after a day of it the mark believes the clock, 400 days at most
    +0                    only the mark has seen the end: clock_problem, with Demo Mode until a response comes
    +0                    a request is possible all the same; the vendor's answer is imported, and all is good
    """
    licensed.site("license")
    for clock in ("+1825d", "+1826d", "+1827d", "+1828d"):
        assert licensed.site("license", clock=clock, code=None).json["state"] == "expired"
    back = licensed.site("license", code=None)
    assert (back.json["state"], back.json["problem"]["code"]) == ("clock_problem", "clock.problem")
    assert back.json["limits"]["employees"] == 5
    assert licensed.renew()["state"] == "active"
    healed = licensed.site("license")
    assert (healed.json["state"], healed.warnings) == ("active", [])
    assert licensed.site("check", "--use", "employees=100").code == 0


def test_half_a_year_ahead_over_several_boots_heals_within_bounds_by_itself(licensed: World) -> None:
    """Day 0: licensed for 183 days and 30 of grace.  The server runs 150 days ahead for two days.

    +150, +151, +152  renewal due, as for anybody at that date; the mark believes it on the second day
    +0                set back: warned, everything works for 14 more days; a request heals it before
    +151              time has come to where the mark was: nothing is left of it
    """
    for clock in ("+150d", "+151d", "+152d"):
        assert licensed.site("license", clock=clock).json["state"] == "renewal_due"
    back = licensed.site("license")
    assert "clock.set_back" in back.warnings
    assert licensed.site("check", "--use", "employees=100").json["state"] in {"active", "renewal_due"}
    later = licensed.site("license", clock="+151d")
    assert "clock.set_back" not in later.warnings


def test_1970_at_boot_before_the_network_gives_the_time(application: Start, licensed: World) -> None:
    """The server starts in 1970 and has no time yet; a minute later the network corrects the clock.

    1970-01-01 00:00:10  set back: warned, everything licensed works, by the vendor's time of issue
    +0                   active without a word: a correction is not a clock moved while the server ran
    """
    (licensed.home / "boot").unlink(missing_ok=True)
    product = application(TZ="UTC")
    early = product("1970-01-01 00:00:10")
    assert (early["state"], early["employees"], early["warnings"]) == ("active", FULL, ["clock.set_back"])
    right = product("+0")
    assert (right["state"], right["warnings"]) == ("active", [])
    assert licensed.doctor("clock")["result"] == "ok"


def test_before_1970_nothing_breaks(application: Start, licensed: World) -> None:
    """A negative epoch (1 December 1969): the product, license, doctor and request speak, and none crashes."""
    product = application(TZ="UTC")
    assert product("1969-12-01 12:00:00")["state"] == "active"
    assert product("+0")["state"] == "active"
    early = {"clock": "1969-12-01 12:00:00", "TZ": "UTC"}
    assert licensed.site("license", **early).json["state"] == "active"
    assert licensed.doctor("clock", **early)["result"] == "problem"
    asked = licensed.site("request", "-o", "early.areq", code=None, **early)
    assert asked.code in {0, 1}
    if asked.code:
        assert asked.error["code"].startswith(("clock.", "contact.", "request.", "profile."))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2038-01-19 03:14:05", "2038-01-19 03:14:09"),
        ("2100-02-28 23:59:58", "2100-03-01 00:00:01"),
        ("2106-02-07 06:28:14", "2106-02-07 06:28:17"),
    ],
    ids=["end-of-31-bits", "no-leap-year", "end-of-32-bits"],
)
def test_a_whole_exchange_across_a_boundary_of_the_calendar(ordered: World, before: str, after: str) -> None:
    """Just before: init, request.  Just after: the vendor signs, the site imports; license, check, doctor are good.

    The vendor begins anew at that date: keys of today end before it, which is their purpose.
    """
    for name in ("vendor", "site"):
        place = ordered.place / name
        if place.exists():
            place.rename(ordered.place / f"{name}-of-today")
    root = {"TZ": "UTC"}
    begun = {"clock": f"@{before}", **root}
    later = {"clock": f"@{after}", **root}
    ordered.vendor("init", "--name", "Inception Technologies", "--no-passphrase", **begun)
    ordered.vendor("product", "load", ordered.work / "infinitime.toml", **begun)
    ordered.vendor("product", "export", "infinitime", "-o", "late.product", **begun)
    given = ("--product", "infinitime", "--company", "Northwind", "--email", "maria@northwind.example")
    order = ordered.vendor("order", "add", *given, "--set", "employees=100", **begun).json
    ordered.vendor("order", "process", order["order"], **begun)
    ordered.site("init", "late.product", **begun)
    contact = ("--license-number", order["license_number"], "--contact", ordered.work / "contact.toml")
    ordered.site("request", *contact, "-o", "late.areq", **begun)
    ordered.vendor("sign", "late.areq", "-o", "late.alic", **later)
    assert ordered.site("import", "late.alic", **later).json["state"] == "active"
    found = ordered.site("license", **later)
    assert (found.json["state"], found.json["days_left"], found.warnings) == ("active", 183, [])
    assert ordered.site("check", "--use", "employees=100", **later).code == 0
    assert ordered.doctor("clock", **later)["result"] == "ok"
