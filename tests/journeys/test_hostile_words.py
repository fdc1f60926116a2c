"""What people and strangers write into fields: taken literally or refused, never interpreted."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from offline_activation.formats.contact import Contact

World = Any
REQUIRED = {
    "first_name": "Ann", "last_name": "Lee", "company": "N", "address1": "1 Road", "city": "C", "state": "S",
    "zip": "1", "phone": "1", "email": "a@n.example",
}  # fmt: skip
HOSTILE = {
    "escape sequence": "Ann\x1b[31mRED\x1b]0;owned\x07",
    "new line": "Ann\nReference: AR-0000-0000",
    "carriage return": "Ann\rOA1 LICENSE 1 LINES",
    "right-to-left override": "Ann\u202egpj.exe",
    "right-to-left mark": "Ann\u200f",
    "zero width": "An\u200bn",
    "line separator": "Ann\u2028x",
    "10 kB": "A" * 10_240,
    "null": "Ann\\u0000",
}
LITERAL = {
    "first_name": "=HYPERLINK(1+1)",
    "middle_name": "-1+1|cmd",
    "last_name": "'; DROP TABLE x;--",
    "company": "<script>alert(1)</script>",
    "address1": "{{7*7}} ${7*7} <%=7*7%>",
    "address2": "%s%n{0.__class__}",
    "city": "OA1 REQUEST 3 LINES",
    "state": "J\u00fcrgen \u738b",
    "zip": "@SUM(A1)",
    "phone": "\u05e9\u05dc\u05d5\u05dd",
    "fax": "\\\\host\\share",
}


def flags(**fields: str) -> list[str]:
    return [f"--{name.replace('_', '-')}={text}" for name, text in (REQUIRED | fields).items()]


@pytest.mark.parametrize("kind", [kind for kind in HOSTILE if kind != "null"])
def test_unprintable_and_endless_words_are_refused_at_the_form(ordered: World, kind: str) -> None:
    ordered.site("init", "infinitime.product")
    asked = ("request", "--license-number", ordered.number, "-o", "a.areq", *flags(first_name=HOSTILE[kind]))
    error = ordered.refuses("site", *asked, said="contact.invalid").error
    assert "First name" in error["message"]
    shown = ordered.site(*asked, code=1).err
    assert shown.replace("\n", "").isprintable()
    assert len(shown) < 700
    assert not (ordered.work / "a.areq").exists()


@pytest.mark.parametrize("kind", [kind for kind in HOSTILE if kind != "null"])
def test_a_stranger_who_signs_such_words_is_refused_by_the_vendor(requested: World, kind: str) -> None:
    contact = Contact(**(REQUIRED | {"company": HOSTILE[kind]}))
    requested.file("bad.areq", requested.resigned_request("first.areq", contact=contact))
    error = requested.refuses("vendor", "sign", "bad.areq", said="profile.field_invalid").error
    assert "Company" in error["message"]
    requested.refuses("vendor", "review", "bad.areq", said="profile.field_invalid")
    shown = requested.site("inspect", "bad.areq", code=None)
    assert (shown.out + shown.err).replace("\n", "").isprintable()


def test_odd_but_printable_words_are_carried_and_shown_literally(ordered: World) -> None:
    ordered.site("init", "infinitime.product")
    asked = ("--license-number", ordered.number, *flags(**LITERAL))
    ordered.site("request", "-o", "a.areq", "--sheet", "a.html", "--qr", "a.png", *asked)
    page = ordered.text("a.html")
    assert LITERAL["company"] not in page
    assert "&lt;script&gt;" in page
    assert "{{7*7}}" in page
    seen = ordered.vendor("review", "a.areq", "--json").json
    inspected, reviewed = ordered.site("inspect", "a.areq").out, ordered.vendor("review", "a.areq").out
    for name, words in LITERAL.items():
        assert seen["contact"][name] == words
        assert words in inspected
        assert words in reviewed
    done = ordered.vendor("sign", "a.areq", "-o", "a.alic", "--sheet", "l.html", "--report", "a.csv", "--json").json
    assert done["results"][0]["outcome"] == "signed"
    assert done["results"][0]["text_differs"] == []
    assert ordered.site("import", "a.alic", "--json").json["state"] == "active"
    kept = ordered.vendor("license", "show", ordered.number, "--json").json["contact"]
    assert {name: kept[name] for name in LITERAL} == LITERAL


@pytest.mark.parametrize("company", ["=1+1", "+1", "@SUM(A1)", "-1", "\uff1d1+1"])
def test_the_report_holds_no_formula(requested: World, company: str) -> None:
    name = requested.file(f"{company}.areq", requested.text("first.areq"))
    requested.vendor("sign", f"./{name}", "-o", "a.alic", "--report", "a.csv")
    requested.vendor("sign", "--report", "b.csv", "-o", "b.alic", "--", name)
    for report in ("a.csv", "b.csv"):
        rows = list(csv.reader(io.StringIO(requested.text(report).removeprefix("\ufeff"), newline="")))
        assert len(rows) == 2
        assert not any(cell[:1] in {"=", "+", "-", "@", "\t", "\r", "\uff1d"} for row in rows for cell in row), rows


def test_hostile_words_of_an_order_are_refused_or_literal(ordered: World) -> None:
    common = ("order", "add", "--product", "infinitime", "--email", "a@n.example", "--set", "employees=3")
    for words in (HOSTILE["escape sequence"], HOSTILE["new line"], HOSTILE["10 kB"], ""):
        before = ordered.state()
        result = ordered.vendor(*common, f"--company={words}", "--json", code=None)
        assert result.code in {1, 2}, result
        assert ordered.state() == before
    added = ordered.vendor(*common, "--company", "<b>{{7*7}}=1+1", "--json").json
    assert ordered.vendor("order", "show", added["order"], "--json").json["company"] == "<b>{{7*7}}=1+1"


@pytest.mark.parametrize(
    "email",
    ["nobody", "a@b", "a b@n.example", "a@n.example, b@n.example", "a@n.example\nBcc: x@y.example", '"a"@n.example'],
)
def test_what_is_not_one_mail_address_is_refused(ordered: World, email: str) -> None:
    ordered.site("init", "infinitime.product")
    ordered.refuses("site", "request", "--license-number", ordered.number, *flags(email=email), said="contact.invalid")
    result = ordered.vendor(
        "order", "add", "--product", "infinitime", "--company", "N", f"--email={email}", "--json", code=None
    )
    assert result.code in {1, 2}, result


def test_a_missing_contact_field_is_named(ordered: World) -> None:
    ordered.site("init", "infinitime.product")
    given = [flag for flag in flags() if not flag.startswith("--city")]
    for more in ([], ["--city=" ], ["--city=  "]):  # fmt: skip
        result = ordered.site("request", "--license-number", ordered.number, *given, *more, "--json", code=None)
        assert result.code in {1, 2}, result
        assert "city" in result.error["message"].lower()
    assert ordered.site("pending", "--json").json["requests"] == []


def test_a_contact_file_with_an_unknown_or_wrong_field_is_refused(ordered: World) -> None:
    ordered.site("init", "infinitime.product")
    for text in ('frist_name = "Ann"\n', "first_name = 5\n", "first_name = \n", "\x00\x01"):
        name = ordered.file("contact.toml", text)
        before = ordered.state()
        result = ordered.site(
            "request", "--license-number", ordered.number, "--contact", name, *flags(), "--json", code=None
        )
        assert result.code in {1, 2}, result
        assert result.error["remedy"]
        assert ordered.state() == before


def test_the_reason_of_a_refusal_is_one_printable_sentence(requested: World) -> None:
    for reason in ("a\nb", "\x1b[2J", "x" * 10_240, ""):
        before = requested.state()
        result = requested.vendor("refuse", "first.areq", f"--reason={reason}", "-o", "no.alic", "--json", code=None)
        assert result.code in {1, 2}, result
        assert requested.state() == before


SAME = ("licenses", "orders", "order_lines", "outbox", "products", "keys")


def lines_about(world: World, tables: tuple[str, ...]) -> list[str]:
    starts = tuple(f'INSERT INTO "{table}"' for table in tables)
    return [line for line in world.books().splitlines() if line.startswith(starts)]


def test_an_unknown_license_number_is_refused_with_a_response_and_touches_no_license(
    requested: World, foreign: World
) -> None:
    requested.site("init", "infinitime.product", home="other")
    requested.first_request("typo.areq", home="other", number=foreign.number)
    before = lines_about(requested, SAME)
    result = requested.vendor("sign", "typo.areq", "-o", "no.alic", "--json", code=1)
    assert result.error["code"] == result.json["results"][0]["code"] == "policy.unknown_license"
    assert lines_about(requested, SAME) == before
    shown = requested.site("import", "no.alic", "--json", home="other", code=1)
    assert (shown.error["code"], bool(shown.error["remedy"])) == ("policy.unknown_license", True)


def test_a_license_number_in_use_elsewhere_is_refused_and_the_holder_keeps_it(licensed: World) -> None:
    licensed.site("init", "infinitime.product", home="other")
    licensed.first_request("grab.areq", home="other")
    before = lines_about(licensed, SAME)
    assert licensed.vendor("review", "grab.areq", "--json").json["decision"] == "refuse"
    result = licensed.vendor("sign", "grab.areq", "-o", "no.alic", "--json", code=1)
    assert result.error["code"] == "policy.license_bound"
    assert lines_about(licensed, SAME) == before
    assert licensed.site("import", "no.alic", "--json", home="other", code=1).error["code"] == "policy.license_bound"
    assert licensed.ask()["state"] == "active"


def test_after_a_refused_typing_mistake_the_number_can_be_corrected(requested: World, foreign: World) -> None:
    requested.site("init", "infinitime.product", home="other")
    requested.first_request("typo.areq", home="other", number=foreign.number)
    requested.vendor("sign", "typo.areq", "-o", "no.alic", code=1)
    requested.site("import", "no.alic", home="other", code=1)
    number = requested.order("--set", "employees=12")
    requested.first_request("right.areq", home="other", number=number)
    requested.vendor("sign", "right.areq", "-o", "yes.alic")
    assert requested.site("import", "yes.alic", "--json", home="other").json["state"] == "active"


@pytest.mark.parametrize("spelling", ["lower", "blanks", "no hyphens", "O for 0"])
def test_a_license_number_is_understood_in_any_spelling(ordered: World, spelling: str) -> None:
    number = {
        "lower": ordered.number.lower(),
        "blanks": ordered.number.replace("-", " "),
        "no hyphens": ordered.number.replace("-", ""),
        "O for 0": ordered.number.replace("0", "o").replace("1", "l"),
    }[spelling]
    ordered.site("init", "infinitime.product")
    ordered.first_request("a.areq", home="site", number=number)
    assert ordered.vendor("review", "a.areq", "--json").json["license_number"] == ordered.number


def test_a_mistyped_license_number_is_refused_before_anything_leaves(ordered: World) -> None:
    ordered.site("init", "infinitime.product")
    wrong = ("A" if ordered.number[0] != "A" else "B") + ordered.number[1:]
    for number in (wrong, ordered.number[:-1], "x" * 10_000, "U" * 20):
        ordered.refuses("site", "request", f"--license-number={number}", *flags(), said="license_number.invalid")
    assert not list(Path(ordered.work).glob("*.areq"))
