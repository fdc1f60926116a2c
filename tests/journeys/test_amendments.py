"""Additional purchases arrive in any sequence, and a site needs only the last of them."""

from typing import Any

import pytest

World = Any
PURCHASES = {
    "seats": ("--add", "employees=94", "--option", "accruals_plus"),
    "readers": ("--set", "badge_readers=4", "--maintenance-until", "2099-12-31"),
    "versions": ("--add", "employees=20", "--version-ceiling", "5"),
}
TOLD = {
    "limits.employees": (6, 120),
    "limits.badge_readers": (None, 4),
    "options.accruals_plus": (None, True),
    "maintenance_until": (None, "2099-12-31"),
    "version_ceiling": (None, "5"),
}


def told(changes: list[dict[str, Any]]) -> dict[str, tuple[object, object]]:
    """Return the changes by field; without the lease, whose last day moves when midnight passes."""
    return {each["field"]: (each["from"], each["to"]) for each in changes if each["field"] != "lease_until"}


def amended(world: World, name: str) -> None:
    world.order("--license-number", world.number, *PURCHASES[name])


@pytest.mark.parametrize(
    "sequence",
    [("seats", "readers", "versions"), ("readers", "versions", "seats"), ("versions", "seats", "readers")],
    ids="-".join,
)
def test_the_last_license_installs_without_the_ones_between(licensed: World, sequence: tuple[str, ...]) -> None:
    world = licensed
    amended(world, sequence[0])
    world.vendor("sign", world.request("second.areq"), "-o", "second.alic")
    amended(world, sequence[1])
    amended(world, sequence[2])
    reviewed = world.vendor("--json", "review", world.request("third.areq")).json
    world.vendor("sign", "third.areq", "-o", "third.alic")

    preview = world.site("--json", "import", "--dry-run", "third.alic").json
    done = world.site("--json", "import", "third.alic").json
    assert done["revision"] == 3
    assert preview["changes"] == done["changes"]
    assert told(done["changes"]) == {**TOLD, "revision": (1, 3)}
    now = {field: after for field, (_, after) in told(reviewed["changes"]).items()}
    assert now.items() <= {field: after for field, (_, after) in TOLD.items()}.items()
    assert reviewed["grant"]["version_ceiling"] == "5"
    world.refuses("site", "import", "second.alic", said="replay.older_revision")
    found = world.site("--json", "license").json
    assert (found["limits"]["employees"], found["maintenance_until"], found["state"]) == (120, "2099-12-31", "active")


def test_what_the_vendor_sees_changing_is_what_the_site_is_told(licensed: World) -> None:
    world = licensed
    for name in PURCHASES:
        amended(world, name)
    reviewed = world.vendor("--json", "review", world.request("second.areq")).json
    world.vendor("sign", "second.areq", "-o", "second.alic")
    done = world.site("--json", "import", "second.alic").json
    bought = told(done["changes"])
    assert bought.pop("revision") == (1, 2)
    assert bought == told(reviewed["changes"]) == TOLD
    page = world.vendor("license", "show", world.number).out
    assert "Versions           up to 5" in page


def test_a_trial_becomes_a_purchase(ordered: World) -> None:
    world = ordered
    number = world.order("--set", "employees=20", "--trial", "--until", "2099-03-31")
    world.site("init", "infinitime.product")
    world.first_request("trial.areq", home="site", number=number)
    world.vendor("sign", "trial.areq", "-o", "trial.alic")
    first = told(world.site("--json", "import", "trial.alic").json["changes"])
    assert (first["trial"], first["until"]) == ((None, True), (None, "2099-03-31"))
    assert first["fallback"] == (None, "no Demo Mode after the end")
    world.order("--license-number", number, "--set", "employees=50", "--perpetual")
    world.vendor("sign", world.request("bought.areq"), "-o", "bought.alic")
    done = told(world.site("--json", "import", "bought.alic").json["changes"])
    assert done == {
        "revision": (1, 2),
        "limits.employees": (20, 50),
        "until": ("2099-03-31", None),
        "trial": (True, None),
        "grace_days": (0, 30),
        "fallback": ("no Demo Mode after the end", "30 days of Demo Mode: employees 5"),
    }
