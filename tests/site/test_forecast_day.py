"""``forecast --at DATE`` means the day as it begins here, not in Greenwich."""

import time
from collections.abc import Callable
from typing import Any

import pytest

DAY = 86_400
Site = Any


@pytest.mark.parametrize(
    ("name", "first_local_day_after"), [("UTC0", "2027-02-01"), ("EAST-12", "2027-02-02"), ("WEST12", "2027-02-01")]
)
def test_a_day_begins_at_local_midnight(
    zone: Callable[[str], None], site: Site, name: str, first_local_day_after: str
) -> None:
    """The lease ends 2027-02-01 00:00 UTC, noon of that day in the east and noon of the day before in the west."""
    zone(name)
    site.licensed(lease_until=1_801_440_000, grace_days=30)
    year, month, day = map(int, first_local_day_after.split("-"))
    before = time.strftime("%Y-%m-%d", time.localtime(time.mktime((year, month, day, 12, 0, 0, 0, 0, -1)) - DAY))
    assert site.json("forecast", "--at", before)["state"] == "renewal_due"
    assert site.json("forecast", "--at", first_local_day_after)["state"] == "in_grace"
