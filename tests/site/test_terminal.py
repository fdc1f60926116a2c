"""On a terminal missing values are asked for; everywhere else they are a usage error."""

import os
import pty
import subprocess
import sys
import time
from typing import Any

Site = Any


def test_a_terminal_is_asked_for_the_license_number_and_each_required_field(site: Site) -> None:
    answers = [site.vendor.shown_number, "Maria", "Hernandez", "Northwind", "1250 Parkway", "Sacramento"]
    answers += ["California", "95814", "5550142", "maria@northwind.example"]
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "offline_activation.cli.site", "request", "-o", "typed.areq", "--home", site.home]
    process = subprocess.Popen(command, stdin=end, stdout=end, stderr=end)
    os.close(end)
    shown = ""
    for answer in answers:
        shown += read_until(terminal, ":")
        os.write(terminal, answer.encode() + b"\n")
    shown += read_until(terminal, "activation-site import FILE")
    os.close(terminal)
    assert process.wait(20) == 0, shown
    assert "License number" in shown
    assert "Zip code" in shown
    assert site.json("pending")["requests"][0]["license_number"] == site.vendor.shown_number


def read_until(terminal: int, end: str) -> str:
    shown, deadline = "", time.monotonic() + 20
    while not shown.rstrip().endswith(end):
        assert time.monotonic() < deadline, shown
        shown += os.read(terminal, 4096).decode(errors="replace")
    return shown
