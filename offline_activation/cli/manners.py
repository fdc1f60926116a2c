"""The manners of both programs, in one place.

- Results go to standard output, everything else to standard error; ``--json`` gives one JSON object, also for errors.
- ``--json``, ``--home`` and (vendor) ``--database`` may stand anywhere on the line, before or after the command.
- An error is one line with its code, then a line with the next step; never a traceback.
- Exit codes: 0 done, 1 refused, 2 usage, 3 trouble, 4 waiting for a person.
- Nothing is asked without a terminal; text from documents is shown with control characters made visible.
"""

import errno
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.exceptions import Abort, Exit, TyperException

from offline_activation import __version__
from offline_activation.errors import ActivationError, Misuse, Refusal, Trouble, visible

EXIT_DONE: Final = 0
EXIT_REFUSED: Final = 1
EXIT_USAGE: Final = 2
EXIT_TROUBLE: Final = 3
EXIT_WAITING: Final = 4
_EXIT_INTERRUPTED: Final = 130
_FULL: Final = frozenset({errno.ENOSPC, errno.EFBIG, errno.EIO})
_VALUES: Final = {"--home": "DIR", "--database": "URL", "--passphrase-file": "FILE"}
_TEXTS: Final = {"-h": "help", "--help": "help", "--version": "version"}
_EXIT_OF_FAMILY: Final = ((Misuse, EXIT_USAGE), (Refusal, EXIT_REFUSED), (Trouble, EXIT_TROUBLE))


@dataclass(slots=True, kw_only=True)
class Session:
    """What holds for the whole run of a program: the options that may stand anywhere, and the exit code so far."""

    as_json: bool = False
    options: dict[str, str] = field(default_factory=dict)
    """Values of ``--home`` and ``--database`` as given."""
    exit_code: int = EXIT_DONE


SESSION: Final = Session()


class _HelpInstead(TyperGroup):
    """Without a command, show the help: on standard error and as a usage error."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer keeps its context type private
        if not args and SESSION.as_json:
            raise Misuse("usage.invalid", what="No command was given")
        if not args:
            sys.stderr.write(ctx.get_help() + "\n")
            raise Exit(EXIT_USAGE)
        return list(super().parse_args(ctx, args))


def new_program(*, name: str, summary: str) -> typer.Typer:
    """Return an empty program with the house's settings: no traceback, no markup, ``--version``."""
    program = typer.Typer(
        name=name,
        help=summary,
        cls=_HelpInstead,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    variable = f"{name.upper().replace('-', '_')}_HOME"
    where = f"State directory; may stand anywhere. Default: {variable}, else the place of this platform."

    def show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
        if wanted:
            typer.echo(f"{name} {__version__}")
            raise typer.Exit

    @program.callback()
    def main(
        *,
        version: Annotated[bool, typer.Option("--version", callback=show_version, is_eager=True)] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object; may stand anywhere.")] = False,
        home: Annotated[str, typer.Option("--home", metavar="DIR", help=where)] = "",
    ) -> None:
        """Show the options that ``run`` has already taken from the line."""

    main.__doc__ = summary
    return program


def run(program: typer.Typer, arguments: Sequence[str], *, anywhere: Iterable[str] = ("--home",)) -> int:
    """Run ``program`` and return its exit code; every outcome follows the manners above.

    ``anywhere`` names the options with a value that may stand before or after the command.
    """
    _prepare_streams()
    return _flushed(_outcome(program, arguments, anywhere))


def _flushed(code: int) -> int:
    """Return the exit code of a run whose output really went out; a full disk behind it is trouble."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _drop_output()
        return code if code == EXIT_TROUBLE else _said(_unwritten(error))  # there is no standard output to say it on
    return code


def _drop_output() -> None:
    """Send what is left of standard output nowhere, so that the interpreter does not complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unwritten(error: OSError) -> Trouble:
    return Trouble("io.output", what=(error.strerror or "I/O error").lower())


def _outcome(program: typer.Typer, arguments: Sequence[str], anywhere: Iterable[str]) -> int:
    try:
        taken = tuple(anywhere)
        rest = _take_options(list(arguments), frozenset(taken))
        command = typer.main.get_command(program)
        _tell_of_anywhere(command, taken)
        result = _run(command, rest)
    except Exit as done:
        return done.exit_code
    except (Abort, KeyboardInterrupt):
        return _EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone; nothing is left to say
        _drop_output()
        return EXIT_TROUBLE
    except Exception as error:  # noqa: BLE001 - the last door: no traceback ever reaches a person
        return _fail(_explained(error))
    return result if isinstance(result, int) and result else SESSION.exit_code


def _tell_of_anywhere(command: Any, anywhere: Sequence[str]) -> None:  # noqa: ANN401 - typer keeps its types private
    """Add to the help of every command the options that it takes without listing them."""
    options = " ".join(["--json", *(f"{name} {_VALUES.get(name, 'VALUE')}" for name in anywhere)])
    for each in getattr(command, "commands", {}).values():
        if "Anywhere: " not in (each.epilog or ""):
            each.epilog = "\n\n".join(filter(None, (each.epilog, f"Anywhere: {options}")))
        _tell_of_anywhere(each, anywhere)


def _run(command: Any, arguments: list[str]) -> Any:  # noqa: ANN401 - typer keeps its types private
    """Run the command; with ``--json`` its help or version becomes one JSON object as well."""
    wanted = next((_TEXTS[each] for each in arguments if each in _TEXTS), None)
    if not SESSION.as_json or wanted is None:
        return command.main(args=arguments, standalone_mode=False)
    out, heard = sys.stdout, io.StringIO()
    sys.stdout = heard
    try:
        return command.main(args=arguments, standalone_mode=False)
    finally:
        sys.stdout, text = out, heard.getvalue()
        out.write(text if text[:1] in {"", "{"} else json.dumps({wanted: text.strip()}) + "\n")


def _explained(error: Exception) -> ActivationError:
    if isinstance(error, ActivationError):
        return error
    if isinstance(error, TyperException):
        return Misuse("usage.invalid", what=error.format_message().rstrip("."))
    if isinstance(error, OSError) and error.errno in _FULL and error.filename is None:
        return _unwritten(error)
    if isinstance(error, OSError):
        return Trouble("io.unreadable", path=error.filename or "a file", what=error.strerror or "I/O error")
    return Trouble("internal.unexpected", what=f"{type(error).__name__}: {error}")


def emit(result: Mapping[str, Any], lines: Iterable[str]) -> None:
    """Print the result: as one JSON object with ``--json``, else as ``lines`` for people."""
    if SESSION.as_json:
        sys.stdout.write(json.dumps(result) + "\n")
        return
    for line in lines:
        sys.stdout.write(visible(line) + "\n")


def note(line: str) -> None:
    """Print one line for people to standard error: progress, warnings; after what was printed before it."""
    with suppress(OSError):  # said at the end of the run
        sys.stdout.flush()
    sys.stderr.write(visible(line) + "\n")


def warn(error: ActivationError) -> None:
    """Print a warning: its sentence and its next step."""
    note(f"warning [{error.code}]: {error.message}")
    note(f"  next step: {error.remedy}")


def as_problem(error: ActivationError) -> dict[str, str]:
    """Return an error as it stands in JSON."""
    return {"code": error.code, "reason": error.reason, "message": error.message, "remedy": error.remedy}


def exit_code_of(error: ActivationError) -> int:
    """Return the exit code of an error's family."""
    return next(code for family, code in _EXIT_OF_FAMILY if isinstance(error, family))


def is_terminal() -> bool:
    """Tell whether a person can be asked: standard input and standard error are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str, *, what: str, secret: bool = False) -> str:
    """Ask a person; without a terminal raises :class:`Misuse` ``usage.missing`` naming ``what``."""
    if not is_terminal():
        raise Misuse("usage.missing", what=what)
    return str(typer.prompt(question, hide_input=secret, err=True))


def confirm(question: str) -> bool:
    """Ask yes or no; without a terminal the answer is no."""
    return is_terminal() and typer.confirm(question, err=True)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as aligned columns; the first row is the heading."""
    widths = [max(len(visible(row[column])) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(visible(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def pairs(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Return label and value rows with the values aligned."""
    listed = [(visible(label), visible(text)) for label, text in rows]
    width = max((len(label) for label, _ in listed), default=0)
    return [f"{label.ljust(width)}  {text}".rstrip() for label, text in listed]


def deferred(load: Callable[[], Any], *, package: str, extra: str) -> Any:  # noqa: ANN401 - whatever the module offers
    """Return what ``load`` imports; a missing optional package becomes :class:`Misuse` ``usage.needs_extra``."""
    try:
        return load()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("offline_activation"):
            raise
        raise Misuse("usage.needs_extra", what=package, extra=extra) from error


def _take_options(arguments: list[str], anywhere: frozenset[str]) -> list[str]:
    SESSION.as_json, SESSION.options, SESSION.exit_code = False, {}, EXIT_DONE
    rest: list[str] = []
    items = iter(arguments)
    for item in items:
        name, equals, attached = item.partition("=")
        if item == "--":
            rest += [item, *items]
        elif item == "--json":
            SESSION.as_json = True
        elif name in anywhere:
            given = attached if equals else next(items, None)
            if not given:
                raise Misuse("usage.missing", what=name)
            SESSION.options[name] = given
        else:
            rest.append(item)
    return rest


def _fail(error: ActivationError) -> int:
    if SESSION.as_json:
        try:
            sys.stdout.write(json.dumps({"error": as_problem(error)}) + "\n")
            sys.stdout.flush()
            return exit_code_of(error)
        except OSError:
            _drop_output()  # said on standard error instead
    return _said(error)


def _said(error: ActivationError) -> int:
    """Say an error on standard error and return its exit code."""
    note(f"{type(error).__name__.lower()} [{error.code}]: {error.message}")
    note(f"  next step: {error.remedy}")
    return exit_code_of(error)


def _prepare_streams() -> None:
    """Make sure that no locale and no odd file name can turn output into a traceback."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
