"""What is due when, as dates and as a calendar that other programs read."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import DocumentId, SiteId, new_license_number
from offline_activation.formats.policy import Fallback, Policy
from offline_activation.formats.product import ProductDocument, receive_product
from offline_activation.formats.request import receive_request
from offline_activation.formats.value import changed
from offline_activation.site.due_dates import DueDate, calendar, due_dates
from offline_activation.verify.installed import load_license
from offline_activation.verify.license import License
from offline_activation.verify.standing import licensed_standing, unlicensed_standing

DAY = 86_400
END = 1_811_376_000
"""2027-05-27 00:00 UTC: the last day is 2027-05-26."""
Site = Any


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - a fixture that only sets the zone
    import time  # noqa: PLC0415 - only here

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def standing_of(document: LicenseDocument | None, product: ProductDocument, now: int = END - 100 * DAY) -> License:
    """Return the license as it stands at a time."""
    standing = unlicensed_standing(product, now, now) if document is None else licensed_standing(document, product, now)
    return License(product=product, document=document, standing=standing)


def dates_of(document: LicenseDocument, product: ProductDocument) -> tuple[DueDate, ...]:
    return due_dates(standing_of(document, product), product)


def calendar_of(document: LicenseDocument, product: ProductDocument, now: int) -> bytes:
    return calendar(dates_of(document, product), product, standing_of(document, product), now)


@pytest.fixture
def product(vendor: Any) -> ProductDocument:  # noqa: ANN401 - the vendor of conftest
    return receive_product(vendor.product())


@pytest.fixture
def document(site: Site) -> LicenseDocument:
    content = read_license(open_envelope(site.licensed()))
    return changed(content, lease_until=END, until=None, maintenance_until=END + 400 * DAY)


def lines_of(data: bytes) -> list[str]:
    """Read content lines as RFC 5545 section 3.1 says: CRLF, unfolded."""
    assert data.endswith(b"\r\n")
    raw = data.split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in raw)
    return data.replace(b"\r\n ", b"").decode().removesuffix("\r\n").split("\r\n")


def test_the_days_are_the_last_ones_covered(document: LicenseDocument, product: ProductDocument) -> None:
    found = [(each.kind, each.day) for each in dates_of(document, product)]
    assert found == [
        ("renewal", "2027-02-26"),
        ("due", "2027-05-26"),
        ("grace", "2027-06-25"),
        ("fallback", "2027-07-25"),
        ("maintenance", "2028-06-29"),
    ]


@pytest.mark.parametrize(("end", "day"), [(END - 1, "2027-05-25"), (END, "2027-05-26"), (END + 1, "2027-05-26")])
def test_a_day_counts_when_it_is_wholly_covered(
    document: LicenseDocument, product: ProductDocument, end: int, day: str
) -> None:
    found = {each.kind: each.day for each in dates_of(changed(document, lease_until=end), product)}
    assert found["due"] == day


def test_a_perpetual_license_has_no_dates(document: LicenseDocument, product: ProductDocument) -> None:
    assert dates_of(changed(document, lease_until=None, maintenance_until=None), product) == ()


def test_what_lies_beyond_the_year_9999_has_no_place(document: LicenseDocument, product: ProductDocument) -> None:
    assert dates_of(changed(document, lease_until=2**52, maintenance_until=2**52), product) == ()


def test_without_warnings_or_grace_only_the_end_is_due(document: LicenseDocument, product: ProductDocument) -> None:
    plain = changed(document, grace_days=0, maintenance_until=None)
    nothing_after = changed(plain, policy=Policy(fallback=Fallback(days=0)))
    quiet = changed(product, warn_days=())
    assert [each.kind for each in dates_of(plain, quiet)] == ["due", "fallback"]
    assert [(each.kind, each.stages) for each in dates_of(nothing_after, quiet)] == [("due", ())]


def test_a_demo_has_its_last_day(product: ProductDocument) -> None:
    assert [(each.kind, each.day) for each in due_dates(standing_of(None, product, END))] == [("demo", "2027-06-25")]
    assert due_dates(standing_of(None, changed(product, demo_days=0), END)) == ()


@pytest.mark.parametrize(
    ("fields", "order", "said"),
    [
        ({}, False, "make a request"),
        ({"until": END + DAY}, False, "make a request"),
        ({"until": END}, True, "order a renewal"),
        ({"until": END - DAY}, True, "order a renewal"),
        ({"until": END, "lease_until": None}, True, "order a renewal"),
        ({"until": END - DAY, "trial": True}, True, "order a license"),
    ],
)
def test_where_an_order_is_needed_a_request_alone_is_not_advised(
    document: LicenseDocument, product: ProductDocument, fields: dict[str, object], *, order: bool, said: str
) -> None:
    found = standing_of(changed(document, **fields), product, END - 5 * DAY)
    assert found.needs_order == order
    titles = {each.kind: each.title for each in due_dates(found)}
    assert said in titles["renewal"]
    assert ("must be renewed" in titles["due"]) != order
    (warning,) = found.warnings
    assert warning.code == "license.renewal_due"
    assert warning.remedy.lower().startswith(said if order else "make a request")
    assert "--purpose renew" in warning.remedy or order
    grace = standing_of(changed(document, **fields), product, END)
    assert [each.remedy for each in grace.warnings] == [] if grace.problem else [warning.remedy]


@pytest.mark.parametrize(
    ("ahead", "said"), [(90 * DAY, "in 90 days"), (DAY, "in 1 day."), (DAY - 1, "in less than a day.")]
)
def test_days_are_counted_in_words(document: LicenseDocument, product: ProductDocument, ahead: int, said: str) -> None:
    assert said in standing_of(document, product, END - ahead).warnings[0].message


def test_the_calendar_is_whole_and_names_no_customer(document: LicenseDocument, product: ProductDocument) -> None:
    data = calendar_of(document, product, END - 100 * DAY)
    lines = lines_of(data)
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert lines[-1] == "END:VCALENDAR"
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 5
    assert "DTSTART;VALUE=DATE:20270526" in lines
    assert "DTSTAMP:20270216T000000Z" in lines
    number = document.license_number.replace("-", "")
    assert number[:5].encode() in data
    for hidden in (number[5:10], document.company, "Northwind", "Hernandez", document.site.hex()):
        assert hidden.encode() not in data
    uids = [line for line in lines if line.startswith("UID:")]
    assert len(set(uids)) == 5


def test_a_renewal_moves_the_same_events(document: LicenseDocument, product: ProductDocument) -> None:
    renewed = changed(document, revision=document.revision + 1, lease_until=END + 183 * DAY)
    before, after = (lines_of(calendar_of(d, product, END)) for d in (document, renewed))
    for name in ("UID:", "SUMMARY:"):
        assert sorted(x for x in before if x.startswith(name)) == sorted(x for x in after if x.startswith(name))
    assert f"SEQUENCE:{renewed.revision}" in after


@given(title=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_text_is_escaped_and_folded_and_comes_back(title: str) -> None:
    plain = receive_product_of_tests()
    data = calendar([DueDate(kind="due", day="2027-05-26", title=title)], plain, standing_of(None, plain), END)
    raw = data.split(b"\r\n")
    assert all(len(line) <= 75 for line in raw)
    assert b"\n" not in b"".join(raw)
    (summary,) = re.findall(rb"\r\nSUMMARY:(.*)\r\nTRANSP", data.replace(b"\r\n ", b""), re.DOTALL)
    known = {"\\n": "\n", "\\;": ";", "\\,": ",", "\\\\": "\\"}
    said = re.sub(r"\\[n;,\\]", lambda found: known[found.group()], summary.decode())
    assert said.endswith(": " + title.replace("\r\n", "\n").replace("\r", "\n"))
    assert not re.search(r"(?<!\\)(\\\\)*[;,]", summary.decode())


def receive_product_of_tests() -> ProductDocument:
    from offline_activation.formats.keys import SoftwareSigner  # noqa: PLC0415 - outside of a fixture
    from offline_activation.formats.names import ProductId  # noqa: PLC0415

    return ProductDocument(
        product=ProductId("infinitime"),
        name="Infini, Time; \\ Co",
        vendor="",
        root=SoftwareSigner(bytes([1]) * 32).public_key,
        trust=b"",
        limits={},
        options={},
        demo_days=30,
        lease_days=183,
        grace_days=30,
        warn_days=(90,),
        support_email="",
        server="",
        issued=0,
    )


# -- a strict reader --------------------------------------------------------------------------------------------------

ONCE = {
    "VCALENDAR": {"VERSION", "PRODID"},
    "VEVENT": {"UID", "DTSTAMP", "SEQUENCE", "DTSTART", "SUMMARY", "TRANSP"},
    "VALARM": {"ACTION", "TRIGGER", "DESCRIPTION"},
}
INSIDE = {"VCALENDAR": None, "VEVENT": "VCALENDAR", "VALARM": "VEVENT"}
VALUES = {
    "UID": r"[^\x00-\x1f]+",
    "DTSTAMP": r"\d{8}T\d{6}Z",
    "SEQUENCE": r"\d+",
    "DTSTART": r"\d{8}",
    "TRIGGER": r"-?P(\d+D)?(T\d+H)?",
    "ACTION": "DISPLAY",
    "TRANSP": "TRANSPARENT",
    "VERSION": r"2\.0",
}


def events_of(data: bytes) -> list[dict[str, Any]]:
    """Read as RFC 5545 says and refuse everything else: nesting, each property once and no other, value types."""
    found: list[dict[str, Any]] = []
    open_parts: list[tuple[str, dict[str, Any]]] = []
    for line in lines_of(data):
        name, _, text = line.partition(":")
        name, _, parameters = name.partition(";")
        assert re.fullmatch(r"[A-Z-]+", name)
        if name == "BEGIN":
            assert INSIDE[text] == (open_parts[-1][0] if open_parts else None)
            open_parts.append((text, {"alarms": []}))
        elif name == "END":
            kind, part = open_parts.pop()
            assert kind == text
            assert set(part) - {"alarms"} == ONCE[kind]
            if kind == "VEVENT":
                found.append(part)
            elif kind == "VALARM":
                open_parts[-1][1]["alarms"].append(part)
        else:
            part = open_parts[-1][1]
            assert name not in part
            assert parameters == ("VALUE=DATE" if name == "DTSTART" else "")
            assert re.fullmatch(VALUES.get(name, r"(\\[\\;,nN]|[^\\;,\x00-\x08\x0a-\x1f])*"), text), line
            part[name] = text
    assert not open_parts
    return found


def seconds_of(duration: str) -> int:
    sign, days, hours = re.fullmatch(r"(-?)P(?:(\d+)D)?(?:T(\d+)H)?", duration).groups()  # type: ignore[union-attr]
    return (-1 if sign else 1) * (int(days or 0) * DAY + int(hours or 0) * 3600)


def test_a_strict_reader_reads_it_and_alarms_ring_on_the_warning_days(
    document: LicenseDocument, product: ProductDocument
) -> None:
    events = events_of(calendar_of(document, product, END))
    alarms = {each["UID"].partition("-")[0]: each["alarms"] for each in events}
    assert {kind: len(found) for kind, found in alarms.items()} == {
        "renewal": 0,
        "due": 5,
        "grace": 0,
        "fallback": 0,
        "maintenance": 5,
    }
    last_day = END - DAY
    for stage, alarm in zip(product.warn_days, alarms["due"], strict=True):
        assert last_day + seconds_of(alarm["TRIGGER"]) == END - stage * DAY + 9 * 3600


@pytest.mark.parametrize("now", [-(2**40), 0, 2**40, 2**53])
def test_a_strict_reader_reads_it_under_any_clock(
    document: LicenseDocument, product: ProductDocument, now: int
) -> None:
    assert events_of(calendar_of(document, product, now))


@given(
    lease=st.none() | st.integers(0, 2**53 - 1),
    maintenance=st.none() | st.integers(0, 2**53 - 1),
    warn=st.sets(st.integers(1, 36_600), max_size=16).map(lambda found: tuple(sorted(found, reverse=True))),
    fallback=st.integers(0, 36_600),
    name=st.text(st.characters(exclude_categories=["C"]), max_size=80),
)
def test_a_strict_reader_reads_every_calendar(
    lease: int | None, maintenance: int | None, warn: tuple[int, ...], fallback: int, name: str
) -> None:
    plain = changed(receive_product_of_tests(), warn_days=warn, name=name)
    document = LicenseDocument(
        product=plain.product,
        license_number=new_license_number(bytes(12)),
        revision=1,
        issued=0,
        request_id=DocumentId(bytes(16)),
        site=SiteId(bytes(16)),
        components={},
        company="",
        limits={},
        options=(),
        trust=b"",
        lease_until=lease,
        maintenance_until=maintenance,
        policy=Policy(fallback=Fallback(days=fallback)),
    )
    dates = dates_of(document, plain)
    assert len(events_of(calendar_of(document, plain, 0))) == len(dates)
    assert [each.day for each in dates] == sorted(each.day for each in dates)


# -- the command ------------------------------------------------------------------------------------------------------


def test_forecast_writes_a_calendar_and_only_that(site: Site) -> None:
    site.licensed()
    before = site.state()
    target: Path = site.work / "license.ics"
    found = site.json("forecast", "--ics", target)
    assert [each["kind"] for each in found["dates"]] == ["renewal", "due", "grace", "fallback"]
    assert lines_of(target.read_bytes())[0] == "BEGIN:VCALENDAR"
    assert site.state() == before
    again = site("--json", "forecast", "--ics", target)
    assert (again.code, again.error) == (3, "io.exists")
    site.json("forecast", "--ics", target, "--force")
    assert site("forecast", "--ics", "-").out.startswith("BEGIN:VCALENDAR")


def test_a_demo_has_a_calendar_too(site: Site) -> None:
    assert [each["kind"] for each in site.json("forecast", "--ics", site.work / "d.ics")["dates"]] == ["demo"]


@pytest.mark.parametrize(
    "command",
    [
        ["--ics", "x.ics", "--at", "2027-01-01"],
        ["--ics", "x.ics", "--use", "employees=1"],
        ["--ics", "-"],
        [],
        ["--at", "2027-01-01", "--without", "soul"],
    ],
)
def test_what_does_not_go_together_is_a_usage_error(site: Site, command: list[str]) -> None:
    outcome = site("--json", "forecast", *command)
    assert (outcome.code, outcome.error.partition(".")[0]) == (2, "usage")
    assert not (site.work / "x.ics").exists()


# -- the dates are those of the state ---------------------------------------------------------------------------------


def dates_shown(site: Site) -> list[tuple[str, str]]:
    """Return kind and day as all three tell them: the license, the forecast, the calendar."""
    shown = site.json("license")["dates"]
    calendar_file = site.fresh("ics")
    listed = site.json("forecast", "--ics", calendar_file)["dates"]
    assert shown == {each["kind"]: each["day"] for each in listed}
    events = {each["UID"].partition("-")[0]: each["DTSTART"] for each in events_of(calendar_file.read_bytes())}
    assert events == {kind: day.replace("-", "") for kind, day in shown.items()}
    assert site("license").out.count("Last day") == len(set(shown) - {"renewal"})
    return list(shown.items())


def day_in(days: float) -> str:
    import time  # noqa: PLC0415 - only here

    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * DAY))


def test_an_open_emergency_license_has_its_own_end_and_no_other(site: Site, other_site: Site) -> None:
    file = site.file(other_site.licensed(policy=Policy(emergency_days=7)))
    site.json("emergency", file)
    assert dates_shown(site) == [("emergency", day_in(6))]
    assert "allows later" not in site("license").out
    (event,) = events_of(Path(site.json("forecast", "--ics", site.fresh("ics"))["file"]).read_bytes())
    assert [each["TRIGGER"] for each in event["alarms"]][-1] == "PT9H"
    assert len(event["alarms"]) in {1, 2}
    (site.home / "emergency").write_text(f"{int((site.home / 'emergency').read_text()) - 8 * DAY}\n")
    assert dates_shown(site) == [("demo", day_in(29))]
    (site.home / "initialised").write_text(f"{int((site.home / 'initialised').read_text()) - 31 * DAY}\n")
    assert dates_shown(site) == []
    assert "No dates: the emergency license ended" in site("forecast", "--ics", site.fresh("ics")).out


def test_changed_hardware_counts_down_to_a_day_of_its_own(site: Site) -> None:
    _, request = site.request()
    marks = {"volume_id": b"olddisk!", "machine_id": b"machine1"} | dict(receive_request(request).content.components)
    site.json("import", site.file(site.vendor.answer(request, site.home, components=marks)))
    assert dates_shown(site)[0] == ("drift", day_in(13))
    assert [kind for kind, _ in dates_shown(site)] == ["drift", "renewal", "due", "grace", "fallback"]
    assert site.json("license")["days_left"] in {13, 14}
    (site.home / "drift").write_text(f"{site.vendor.now + 1}\n")
    over = load_license("infinitime", home=site.home, now=site.vendor.now + 15 * DAY)
    assert (over.state, over.dates) == ("wrong_machine", {})


def test_a_server_that_lost_its_license_has_no_dates(site: Site) -> None:
    site.on_another_machine(policy=Policy(emergency_days=7))
    assert site.now_is() == "wrong_machine"
    assert dates_shown(site) == []
    shown = site("license").out
    assert "allows later" not in shown
    assert "Emergency license" not in shown
    site.licensed()
    request = site.ask("request")
    site("import", site.file(site.vendor.refuse(request, code="policy.revoked")))
    assert (site.now_is(), dates_shown(site)) == ("revoked", [])
    assert "allows later" not in site("license").out
    site.json("return", "-o", site.fresh("areq"))
    assert (site.now_is(), dates_shown(site)) == ("returned", [])
