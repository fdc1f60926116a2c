"""Nothing at an air-gapped site ever opens a socket to anywhere."""

import subprocess
import sys
from typing import Any

import pytest

World = Any
TRACE = ("strace", "-f", "-qq", "-e", "trace=network", "-o")


def networks(world: World, name: str) -> list[str]:
    """Return the lines of a trace that reach out of this machine; the trace is removed."""
    lines = (world.work / name).read_text(errors="replace").splitlines()
    (world.work / name).unlink()
    families = ("AF_INET", "AF_INET6", "AF_PACKET", "AF_NETLINK")
    return [line for line in lines if any(family in line for family in families)]


@pytest.mark.parametrize(
    "command",
    [
        ["tech-info"], ["request", "-o", "r.areq", "--qr", "r.png", "--sheet", "r.html"], ["pending"],
        ["import", "first.alic"], ["import", "first.png"], ["license"], ["check"], ["forecast", "--at", "2027-01-01"],
        ["history"], ["inspect", "first.alic"], ["doctor"], ["return", "-o", "r.areq"],
    ],
    ids=lambda command: " ".join(command[:2]),
)  # fmt: skip
def test_no_site_command_opens_a_network_socket(answered: World, command: list[str]) -> None:
    found = answered.site(*command, before=(*TRACE, "trace.txt"), code=None)
    assert found.code in {0, 1}, found
    assert networks(answered, "trace.txt") == []


def test_init_opens_no_network_socket(ordered: World) -> None:
    ordered.site("init", "infinitime.product", before=(*TRACE, "trace.txt"))
    assert networks(ordered, "trace.txt") == []


def test_load_license_opens_no_network_socket(licensed: World) -> None:
    code = "from offline_activation import load_license; print(load_license('infinitime').state)"
    done = subprocess.run(
        [*TRACE, "trace.txt", sys.executable, "-c", code],
        cwd=licensed.work, env=licensed.environ(), capture_output=True, timeout=30, check=True,
    )  # fmt: skip
    assert done.stdout == b"active\n"
    assert networks(licensed, "trace.txt") == []


@pytest.mark.parametrize(
    "company",
    ["\\\\oaplace\\share", "file:///oaplace/passwd", "${jndi:ldap://oaplace/a}", "http://oaplace/", "../../oaplace"],
)
def test_words_in_a_license_that_look_like_addresses_are_never_opened(answered: World, company: str) -> None:
    answered.file("odd.alic", answered.resigned_license("first.alic", company=company))
    before = ("strace", "-f", "-qq", "-e", "trace=network,openat,open,execve,stat,newfstatat", "-o", "trace.txt")
    answered.site("import", "odd.alic", before=before)
    trace = answered.text("trace.txt")
    assert "odd.alic" in trace
    assert "AF_INET" not in trace
    assert "oaplace" not in trace
