"""The manners of both programs: streams, exit codes, names, help, and nothing written over anything."""

import itertools
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

World = Any
Nowhere = Any

ROOT = Path(__file__).resolve().parents[2]
SECRET = "ACTIVATION_VENDOR_PASSPHRASE"  # noqa: S105 - the name of a variable
SITE_COMMANDS = [
    "init", "tech-info", "request", "pending", "cancel", "import", "license", "check", "forecast", "return",
    "transfer", "rebind", "rehost", "history", "inspect", "doctor",
]  # fmt: skip
VENDOR_COMMANDS = [
    "init", "product load", "product list", "product export", "order add", "order import", "order list", "order show",
    "order process", "review", "sign", "refuse", "approve", "pending", "license list", "license show", "mail list",
    "keys list", "trust export", "audit export", "inspect", "doctor",
]  # fmt: skip
EVERY = [("site", name) for name in SITE_COMMANDS] + [("vendor", name) for name in VENDOR_COMMANDS]


@pytest.fixture
def nowhere(tmp_path: Path) -> Nowhere:
    """A working directory without any home."""

    def run(program: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[bytes]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("ACTIVATION_")}
        return subprocess.run(
            [Path(sys.executable).parent / f"activation-{program}", *arguments],
            cwd=tmp_path, env=kept | {"ACTIVATION_SITE_HOME": str(tmp_path / "s"), "NO_COLOR": "1"} | env,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False,
        )  # fmt: skip

    return run


@pytest.mark.parametrize(("program", "command"), EVERY)
def test_the_help_of_every_command_has_an_example(nowhere: Nowhere, program: str, command: str) -> None:
    done = nowhere(program, *command.split(), "--help")
    text = " ".join(done.stdout.decode().split())
    assert done.returncode == 0
    assert f"Example: activation-{program} {command}" in text


@pytest.mark.parametrize("program", ["site", "vendor"])
def test_version_help_and_bare_call(nowhere: Nowhere, program: str) -> None:
    version = nowhere(program, "--version")
    assert version.returncode == 0
    assert re.fullmatch(rf"activation-{program} \d+\.\d+\.\d+\n", version.stdout.decode())
    assert nowhere(program, "--help").returncode == 0
    bare = nowhere(program)
    assert (bare.returncode, bare.stdout) == (2, b"")
    assert b"Usage" in bare.stderr
    completion = nowhere(program, "--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert completion.returncode in {0, 2}


@pytest.mark.parametrize("program", ["site", "vendor"])
def test_a_wrong_command_or_option_is_a_usage_error_in_both_forms(nowhere: Nowhere, program: str) -> None:
    for arguments in (["fly"], ["inspect", "--nonsense"], ["inspect"], ["--home"], ["doctor", "superfluous"]):
        done = nowhere(program, *arguments)
        assert (done.returncode, done.stdout) == (2, b""), arguments
        lines = done.stderr.decode().splitlines()
        assert len(lines) == 2, lines
        assert "next step" in lines[1]
        shown = (
            nowhere(program, *arguments, "--json")
            if arguments != ["--home"]
            else nowhere(program, "--json", *arguments)
        )
        assert shown.returncode == 2
        assert json.loads(shown.stdout)["error"]["code"].startswith("usage.")


def test_an_error_is_one_line_and_the_next_step_on_standard_error(answered: World) -> None:
    answered.file("bad", "nothing")
    for program, command in (("site", "import"), ("vendor", "review")):
        result = answered.run(program, command, "bad", code=1)
        assert result.out == ""
        first, second = result.err.splitlines()
        assert "armor.no_block" in first
        assert second.strip().startswith("next step: ")


def test_with_json_standard_output_is_one_object_and_standard_error_needs_no_reading(licensed: World) -> None:
    for program, arguments in (
        ("site", ["license"]), ("site", ["pending"]), ("site", ["history"]), ("vendor", ["order", "list"]),
        ("vendor", ["pending"]), ("vendor", ["keys", "list"]), ("vendor", ["license", "show", licensed.number]),
    ):  # fmt: skip
        after = licensed.run(program, *arguments, "--json")
        front = licensed.run(program, "--json", *arguments)
        assert after.json == front.json
        assert after.out.count("\n") == 1
        assert (after.err, front.err) == ("", "")


def test_a_request_goes_to_standard_output_and_a_response_comes_from_standard_input(ordered: World) -> None:
    ordered.site("init", "infinitime.product")
    given = ("--license-number", ordered.number, "--contact", ordered.file("c.toml", contact()))
    written = ordered.site("request", "-o", "-", *given)
    assert written.out.startswith("Activation request\n")
    assert "AR-" in written.err
    signed = ordered.vendor("sign", "-", "-o", "-", stdin=written.stdout)
    assert signed.out.startswith("License\n")
    assert signed.out.rstrip().endswith("OA1 LICENSE END")
    assert "active" in ordered.site("import", "-", stdin=signed.stdout).out
    assert sorted(path.name for path in ordered.work.iterdir()) == ["c.toml", "infinitime.product"]


def contact() -> str:
    fields = ("first_name", "last_name", "company", "address1", "city", "state", "zip", "phone")
    return "".join(f'{name} = "N"\n' for name in fields) + 'email = "n@n.example"\n'


def test_json_and_a_document_on_standard_output_never_mix(requested: World) -> None:
    result = requested.vendor("sign", "first.areq", "-o", "-", "--json", code=None)
    if result.code == 0:
        assert result.json["results"][0]["outcome"] == "signed"
    else:
        assert (result.code, result.error["code"][:6]) == (2, "usage.")


def test_no_output_is_written_over_without_force(answered: World) -> None:
    answered.request("more.areq")
    outputs = (
        ("vendor", ["sign", "more.areq", "-o", "taken"]),
        ("vendor", ["sign", "more.areq", "-o", "new.alic", "--qr", "taken"]),
        ("vendor", ["sign", "more.areq", "-o", "new2.alic", "--sheet", "taken"]),
        ("vendor", ["sign", "more.areq", "-o", "new3.alic", "--report", "taken"]),
        ("vendor", ["product", "export", "infinitime", "-o", "taken"]),
        ("vendor", ["trust", "export", "-o", "taken"]),
        ("site", ["request", "-o", "taken"]),
        ("site", ["request", "-o", "new4.areq", "--qr", "taken"]),
        ("site", ["request", "-o", "new5.areq", "--sheet", "taken"]),
    )
    answered.file("taken", "precious")
    for program, arguments in outputs:
        result = answered.run(program, *arguments, "--json", code=3)
        assert result.error["code"] == "io.exists", (arguments, result)
        assert answered.text("taken") == "precious"
    assert len(answered.site("pending", "--json").json["requests"]) == 2, "an unwritten request stays open"
    for program, arguments in outputs:
        forced = [part.replace("new", "other") for part in arguments]
        answered.run(program, *forced, "--force")
        assert (answered.work / "taken").read_bytes() != b"precious"


def test_output_to_a_place_that_cannot_be_written_is_trouble(requested: World) -> None:
    for output in ("no/such/place/a.alic", "/proc/a.alic", "/dev/full/a"):
        result = requested.vendor("sign", "first.areq", "-o", output, "--json", code=3)
        assert result.error["code"].startswith("io."), result
    requested.vendor("sign", "first.areq", "-o", "a.alic")


def test_a_response_that_could_not_be_written_says_why_and_what_to_do(requested: World) -> None:
    requested.file("taken", "precious")
    for output, why in (("taken", "already exists"), ("no/such/place/a.alic", "cannot be written")):
        result = requested.vendor("sign", "first.areq", "-o", output, code=3)
        assert why in result.out + result.err
        assert "next step: " in result.out + result.err


def test_full_standard_output_is_no_traceback(requested: World) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        for command in (("site", "license"), ("vendor", "sign", "first.areq", "-o", "-"), ("vendor", "order", "list")):
            done = subprocess.run(
                requested.command(*command), cwd=requested.work, env=requested.environ(), stdout=full,
                stderr=subprocess.PIPE, timeout=30, check=False,
            )  # fmt: skip
            assert done.returncode == 3, (command, done)
            assert b"Traceback" not in done.stderr
            assert b"Exception" not in done.stderr


def test_without_a_terminal_a_missing_value_is_a_usage_error(ordered: World) -> None:
    ordered.site("init", "infinitime.product")
    for program, arguments in (
        ("site", ["request"]),
        ("site", ["request", "--license-number", ordered.number]),
        ("vendor", ["order", "add", "--product", "infinitime"]),
        ("vendor", ["order", "process"]),
        ("vendor", ["refuse", "infinitime.product"]),
        ("vendor", ["approve", "AR-0000-0000"]),
    ):
        before = ordered.state()
        result = ordered.run(program, *arguments, "--json", code=2)
        assert result.error["code"].startswith("usage."), result
        assert ordered.state() == before
    for arguments in (["init"], ["init", "--name", "New"]):
        result = ordered.vendor(*arguments, "--json", "--home", "new", code=2)
        assert result.error["code"].startswith("usage."), result
        assert not (ordered.work / "new" / "vendor.db").exists()


def test_colors_appear_nowhere_without_a_terminal_and_never_with_no_color(licensed: World) -> None:
    for command in (("license",), ("import", "nothing")):
        result = licensed.site(*command, code=None)
        assert b"\x1b" not in result.stdout + result.stderr
    assert b"\x1b[" not in on_a_terminal(licensed, "site", "import", "nothing", NO_COLOR="1")
    assert b"\x1b[" not in on_a_terminal(licensed, "vendor", "license", "list", NO_COLOR="1")


def on_a_terminal(world: World, program: str, *arguments: str, **env: str) -> bytes:
    parent, child = pty.openpty()
    process = subprocess.Popen(
        world.command(program, *arguments), cwd=world.work, env=world.environ(**env),
        stdin=child, stdout=child, stderr=child, start_new_session=True,
    )  # fmt: skip
    os.close(child)
    seen = b""
    try:
        while block := os.read(parent, 65536):
            seen += block
    except OSError:  # the terminal is gone with the program
        pass
    process.wait(30)
    os.close(parent)
    return seen


def test_the_homes_come_from_option_or_environment_and_the_option_wins(licensed: World) -> None:
    found = licensed.site("--home", licensed.site_home, "license", "--json", home="nowhere").json
    assert found["state"] == "active"
    found = licensed.site("license", f"--home={licensed.site_home}", "--json", home="nowhere").json
    assert found["state"] == "active"
    database = f"sqlite:///{licensed.vendor_home / 'vendor.db'}"
    for arguments in (["--database", database], [f"--database={database}"]):
        listed = licensed.vendor("license", "list", "--json", *arguments).json
        assert listed["licenses"][0]["license_number"] == licensed.number
    assert licensed.vendor("license", "list", "--json", ACTIVATION_VENDOR_DATABASE=database).json["licenses"]
    result = licensed.vendor("license", "list", "--json", "--database", "sqlite:////nowhere/vendor.db", code=None)
    assert result.code in {1, 3}, result
    result = licensed.vendor("license", "list", "--json", "--database", "nonsense", code=None)
    assert result.code in {2, 3}, result
    assert (
        "secret"
        not in licensed.vendor(
            "license", "list", "--json", "--database", "postgresql://u:secret@127.0.0.1:1/x", code=None
        ).out
    )


def test_a_database_of_another_program_or_none_at_all_is_trouble(licensed: World) -> None:
    (licensed.vendor_home / "vendor.db").write_bytes(b"not a database at all" * 100)
    result = licensed.vendor("license", "list", "--json", code=3)
    assert result.error["code"].startswith("io.database")
    (licensed.vendor_home / "vendor.db").write_bytes(b"")
    result = licensed.vendor("license", "list", "--json", code=None)
    assert result.code in {1, 3}, result


@pytest.fixture
def sealed(tmp_path: Path, ordered: World) -> World:
    """The world's vendor replaced by one whose keys are under a passphrase."""
    ordered.vendor_home.rename(tmp_path / "old")
    ordered.environment[SECRET] = "correct horse"
    ordered.vendor("init", "--name", "Sealed")
    ordered.vendor("product", "load", ROOT / "samples" / "infinitime.toml")
    ordered.vendor("product", "export", "infinitime", "-o", "sealed.product")
    ordered.number = ordered.order("--set", "employees=3")
    ordered.site("init", "sealed.product")
    ordered.first_request("s.areq", home="site")
    return ordered


def test_a_passphrase_comes_from_file_or_environment_and_a_wrong_one_is_refused(sealed: World) -> None:
    for path in (sealed.vendor_home / "keys").glob("*.pem"):
        assert b"ENCRYPTED" in path.read_bytes()
    before = sealed.state()
    wrong = sealed.vendor("sign", "s.areq", "-o", "s.alic", "--json", code=1, **{SECRET: "wrong"})
    assert wrong.error["code"] == "key.passphrase"
    assert "wrong" not in wrong.error["message"]
    assert sealed.state() == before
    bad, good = sealed.file("bad", "wrong\n"), sealed.file("good", "correct horse\n")
    before = sealed.state()
    assert sealed.vendor("sign", "s.areq", "--passphrase-file", bad, "--json", code=1).error["code"] == "key.passphrase"
    sealed.environment.pop(SECRET)
    assert sealed.vendor("sign", "s.areq", "--json", code=2).error["code"] == "usage.missing"
    missing = sealed.vendor("sign", "s.areq", "--passphrase-file", "nowhere", "--json", code=3)
    assert missing.error["code"] == "io.not_found"
    assert sealed.state() == before
    sealed.vendor("review", "s.areq")
    sealed.vendor("--passphrase-file", good, "sign", "s.areq", "-o", "s.alic")
    assert sealed.site("import", "s.alic", "--json").json["state"] == "active"


def test_keys_without_a_passphrase_are_made_only_with_a_warning(ordered: World) -> None:
    made = ordered.vendor("init", "--name", "N", "--no-passphrase", "--home", "open")
    assert "WITHOUT a passphrase" in made.err
    assert (ordered.work / "open").stat().st_mode & 0o777 == 0o700


def test_a_client_installation_refuses_license_commands(ordered: World) -> None:
    ordered.site("init", "infinitime.product", "--client")
    for command in (["request", "--license-number", ordered.number], ["import", "infinitime.product"], ["return"]):
        error = ordered.refuses("site", *command, said="site.not_the_server").error
        assert "server" in error["remedy"]
    assert ordered.site("tech-info", "--json").json["client"] is True
    assert ordered.site("inspect", "infinitime.product", "--json").json["kind"] == "product"


def test_a_passphrase_file_that_others_can_read_is_used_with_a_warning(ordered: World) -> None:
    ordered.file("open", "only for this test\n")
    (ordered.work / "open").chmod(0o644)
    done = ordered.vendor("init", "--name", "V", "--home", "../open-vendor", "--passphrase-file", "open")
    assert "key.passphrase_open" in done.err
    (ordered.work / "open").chmod(0o600)
    again = ordered.vendor("init", "--name", "V", "--home", "../shut-vendor", "--passphrase-file", "open")
    assert "key.passphrase_open" not in again.err


def test_a_result_that_cannot_be_printed_does_not_say_that_nothing_was_done(answered: World) -> None:
    for flags, buffered in itertools.product(((), ("--json",)), ({}, {"PYTHONUNBUFFERED": "1"})):
        with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
            environment = {key: text for key, text in answered.environ().items() if key != "PYTHONUNBUFFERED"}
            done = subprocess.run(
                answered.command("site", "import", "first.alic", *flags), cwd=answered.work, env=environment | buffered,
                stdout=full, stderr=subprocess.PIPE, timeout=30, check=False,
            )  # fmt: skip
        assert done.returncode == 3
        assert b"io.output" in done.stderr
        assert b"nothing was changed" not in done.stderr
    assert answered.site("license", "--json").json["state"] == "active"


def test_a_trust_list_can_be_looked_at_before_it_is_imported(licensed: World) -> None:
    licensed.vendor("trust", "export", "-o", "vendor.trust")
    before = licensed.state()
    assert licensed.site("import", "--dry-run", "vendor.trust", "--json").json["dry_run"] is True
    assert licensed.state() == before


def test_a_request_that_the_disk_does_not_give_is_not_one_that_was_never_made(answered: World) -> None:
    (kept,) = (answered.place / "site" / "requests").glob("*.cose")
    fails = (
        "strace",
        "-qq",
        "-f",
        "-o",
        "/dev/null",
        "-P",
        kept,
        "-e",
        "trace=openat",
        "-e",
        "inject=openat:error=EIO",
    )
    done = answered.site("import", "first.alic", "--json", before=fails, code=None)
    assert (done.code, done.json["error"]["reason"]) == (3, "IO")
    assert answered.site("import", "first.alic", "--json").json["state"] == "active"
