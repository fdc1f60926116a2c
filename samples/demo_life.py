"""Act two of the demo: what happens to a license in its later life.

A second server is licensed, gets a new disk, hands its license to another server, and that one burns.  The hardware is
pretended (samples/pretend.py), so that a demo can replace a disk; vendor and site are the real programs.
"""

import datetime as dt
import re

from demo_stage import Stage, number_in

HOMES = {"disk-1": "mill", "disk-2": "mill", "server-2": "new-mill", "server-3": "spare"}
"""The state directory on each of the pretended machines."""


def on(stage: Stage, machine: str, command: str, *, expect: int = 0) -> str:
    """Run a command of the site on a pretended machine."""
    line = f"python samples/pretend.py {machine} activation-site {command}"
    return stage.run(line, expect=expect, ACTIVATION_SITE_HOME=HOMES[machine])


def a_server_is_licensed(stage: Stage) -> str:
    """Buy, request, sign, import on the pretended server; return the license number."""
    stage.act("7. Years later. A second license, on a server whose hardware this demo can change")
    added = stage.run(
        'activation-vendor order add --product infinitime --company "Contoso Mills" --email ops@contoso.example '
        "--set employees=80 --set badge_readers=2 --maintenance-until 2029-12-31 --version-ceiling 4"
    )
    stage.run("activation-vendor order process --all")
    number = number_in(added)
    on(stage, "disk-1", "init infinitime.product")
    on(stage, "disk-1", f"request --license-number {number} --contact samples/contact.toml -o mill.areq")
    stage.run("activation-vendor sign mill.areq -o mill.alic")
    on(stage, "disk-1", "import mill.alic")
    return number


def what_is_due_when(stage: Stage) -> None:
    """Ask the same rules about other days and other hardware."""
    stage.act("8. What will happen when: the same rules, asked about other days")
    for days, expect in ((100, 0), (200, 0), (230, 1)):
        day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)
        on(stage, "disk-1", f"forecast --at {day} --use employees=80", expect=expect)
    on(stage, "disk-1", "forecast --ics mill.ics")


def a_new_disk(stage: Stage) -> None:
    """Replace the disk: the license works on, counts down, and a rebind ends that."""
    stage.act("9. The disk is replaced: the license works on and says for how long; a rebind ends it")
    on(stage, "disk-2", "license")
    on(stage, "disk-2", "rebind -o rebind.areq")
    stage.run("activation-vendor review rebind.areq")
    waiting = stage.run("activation-vendor sign rebind.areq -o rebind.alic", expect=4)
    stage.run(f"activation-vendor approve {reference_in(waiting)} --as lena")
    stage.run("activation-vendor sign rebind.areq -o rebind.alic")
    on(stage, "disk-2", "import rebind.alic")


def a_move(stage: Stage) -> None:
    """Return on the old server, transfer on the new one, receipt for the old one."""
    stage.act("10. A new server: the old one gives the license back, its return travels with the new one's request")
    on(stage, "disk-2", "return -o return.areq")
    on(stage, "disk-2", "check", expect=1)
    on(stage, "server-2", "init infinitime.product")
    on(stage, "server-2", "transfer --with return.areq --contact samples/contact.toml -o move.areq")
    waiting = stage.run("activation-vendor sign move.areq -o move.alic", expect=4)
    stage.run(f"activation-vendor approve {reference_in(waiting)} --as lena")
    stage.run("activation-vendor sign move.areq -o move.alic")
    on(stage, "server-2", "import move.alic")
    stage.run("activation-vendor sign return.areq -o receipt.alic")
    on(stage, "disk-2", "import receipt.alic")


def a_fire(stage: Stage, number: str) -> None:
    """Open the emergency license on Saturday, rehost on Monday; the burnt server comes back from the dead."""
    stage.act("11. Saturday: that server burns. The emergency license inside the last response is opened elsewhere")
    on(stage, "server-3", "init infinitime.product")
    on(stage, "server-3", "emergency move.alic")
    on(stage, "server-3", "check --use employees=80")
    stage.act("12. Monday: a rehost, which a person decides; who kept a copy of the old server learns what happened")
    on(stage, "server-3", f"rehost --license-number {number} --contact samples/contact.toml -o rehost.areq")
    stage.run("activation-vendor review rehost.areq")
    waiting = stage.run("activation-vendor sign rehost.areq -o rehost.alic", expect=4)
    stage.run(f"activation-vendor approve {reference_in(waiting)} --as lena")
    stage.run("activation-vendor sign rehost.areq -o rehost.alic")
    on(stage, "server-3", "import rehost.alic")
    on(stage, "server-2", "request --purpose renew -o ghost.areq")
    stage.run("activation-vendor sign ghost.areq -o ghost.alic", expect=1)
    on(stage, "server-2", "import ghost.alic", expect=1)
    on(stage, "server-2", "license")
    stage.run(f"activation-vendor license show {number}")
    on(stage, "server-3", "license")


def reference_in(output: str) -> str:
    """Return the reference that a command printed."""
    found = re.search(r"\bAR-[0-9A-Z]{4}-[0-9A-Z]{4}\b", output)
    if found is None:
        raise SystemExit("the demo stops: no reference was printed")
    return found.group()


def play(stage: Stage) -> None:
    """Play act two in the directory of act one: the vendor and its product exist."""
    number = a_server_is_licensed(stage)
    what_is_due_when(stage)
    a_new_disk(stage)
    a_move(stage)
    a_fire(stage, number)
