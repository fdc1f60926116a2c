# ruff: noqa: ANN401 - the shell is a fixture of conftest.py

import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

PROGRAM = "from offline_activation.cli.vendor import main; main()"


def test_a_license_is_suspended_reinstated_and_revoked(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    found = vendor.json("license", "suspend", number.lower(), "--reason", "Invoice 17 is open")
    assert (found["license_number"], found["state"], found["issued"]) == (number, "suspended", False)
    shown = vendor.json("license", "show", number)
    assert shown["state"] == "suspended"
    assert shown["stopped"]["reason"] == "Invoice 17 is open"
    assert vendor.json("license", "list")["licenses"][0]["stopped"] == shown["stopped"]
    assert "suspended (Invoice 17 is open)" in vendor("license", "list").out
    assert "suspended (Invoice 17 is open)" in vendor("license", "show", number).out
    refused = vendor.json("sign", areq("a.areq", number), code=1)["results"][0]
    assert (refused["outcome"], refused["code"], Path(refused["output"]).exists()) == (
        "refused",
        "policy.suspended",
        True,
    )
    assert vendor.json("license", "reinstate", number)["state"] == "ready"
    assert vendor.json("license", "show", number)["stopped"] is None
    assert vendor.json("sign", areq("b.areq", number, counter=2))["results"][0]["outcome"] == "signed"
    gone = vendor("license", "revoke", number, "--reason", "Refunded")
    assert gone.code == 0
    assert "final" in gone.out
    assert "it ends there by itself" in gone.out
    assert vendor.json("license", "reinstate", number, code=1)["error"]["code"] == "vendor.license_revoked"
    refused = vendor.json("sign", areq("c.areq", number, counter=3), code=1)["results"][0]
    assert refused["code"] == "policy.revoked"


def test_a_stop_tells_until_when_the_installed_license_goes_on(vendor: Any, areq: Any) -> None:
    number = vendor.sold()
    vendor("sign", areq("a.areq", number))
    lease = vendor.json("license", "show", number)["lease_until"]
    found = vendor.json("license", "suspend", number)
    assert (found["issued"], found["due"], found["reason"]) == (True, lease, None)
    assert found["works_until"] > lease
    assert found["works_until"] in vendor("license", "revoke", number, "--reason", "x").out


def test_audit_entries_say_who_and_why(vendor: Any, dump: Any) -> None:
    number = vendor.sold()
    vendor("license", "suspend", number)
    vendor("license", "reinstate", number)
    vendor("license", "revoke", number, "--reason", "Refunded", "--yes")
    assert dump()[1][-3:] == ["license.suspended", "license.reinstated", "license.revoked"]
    assert vendor.json("doctor")["healthy"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["revoke", "LN"], "usage.missing", 2),
        (["revoke", "LN", "--reason", " "], "usage.invalid", 2),
        (["suspend", "LN", "--reason", "x" * 241], "usage.invalid", 2),
        (["suspend", "LN", "--reason", "two\nlines"], "usage.invalid", 2),
        (["reinstate", "LN"], "vendor.license_state", 1),
        (["suspend", "0" * 20], "vendor.unknown_license", 1),
    ],
)
def test_mistakes_change_nothing(vendor: Any, dump: Any, arguments: list[str], code: str, exit_code: int) -> None:
    number = vendor.sold()
    before = dump()
    given = [number if each == "LN" else each for each in arguments]
    assert vendor.json("license", *given, code=exit_code)["error"]["code"] == code
    assert dump() == before


@pytest.mark.parametrize(("typed", "state", "exit_code"), [("n", "ready", 2), ("y", "revoked", 0)])
def test_a_terminal_is_asked_once_more_before_a_license_is_gone(
    vendor: Any, typed: str, state: str, exit_code: int
) -> None:
    number = vendor.sold()
    terminal, end = pty.openpty()
    command = [sys.executable, "-c", PROGRAM, "license", "revoke", number, "--reason", "Refunded"]
    process = subprocess.Popen(command, stdin=end, stdout=end, stderr=end)
    os.close(end)
    shown, deadline = "", time.monotonic() + 20
    while "[y/N]" not in shown:
        assert time.monotonic() < deadline, shown
        shown += os.read(terminal, 4096).decode(errors="replace")
    os.write(terminal, typed.encode() + b"\n")
    assert process.wait(20) == exit_code, shown
    os.close(terminal)
    assert number in shown
    assert vendor.json("license", "show", number)["state"] == state
