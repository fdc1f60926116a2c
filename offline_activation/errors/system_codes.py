"""Codes of what lies around us: files, databases, the command line: reason class, sentence, next step."""

from typing import Final

SYSTEM: Final[dict[str, tuple[str, str, str]]] = {
    # IO: disk, database, network
    "io.not_found": (
        "IO",
        "There is no file {path}.",
        "Check the name and try again.",
    ),
    "io.exists": (
        "IO",
        "{path} already exists and was left as it is.",
        "Choose another name, or add --force to replace it.",
    ),
    "io.template_missing": (
        "IO",
        "The template {name} is missing from this installation.",
        "Install the package again.",
    ),
    "io.not_a_file": (
        "IO",
        "{path} is not a regular file.",
        "Choose the file itself, not a directory, device or pipe.",
    ),
    "io.unreadable": (
        "IO",
        "{path} cannot be read: {what}.",
        "Check the file and its rights.",
    ),
    "io.unwritable": (
        "IO",
        "{path} cannot be written: {what}.",
        "Check free space and rights; nothing was changed.",
    ),
    "io.output": (
        "IO",
        "The result could not be printed: {what}.",
        "What was asked may have been done: look (license, history, license show) before you repeat it.",
    ),
    "io.database": (
        "IO",
        "The database cannot be used: {what}.",
        "Check the path, free space and rights, then try again.",
    ),
    "io.database_locked": (
        "IO",
        "The database is in use by another program.",
        "Wait until it has finished and try again.",
    ),
    "io.database_schema": (
        "IO",
        "The database has schema {found}, this software needs {expected}.",
        "Use the software version that made it, or update this one.",
    ),
    # usage: the command line
    "usage.invalid": (
        "USAGE",
        "{what}.",
        "Run the command with --help.",
    ),
    "usage.root": (
        "USAGE",
        "The root key given to load_license is not one: it is the 64 hexadecimal digits that product export prints.",
        "Copy what 'activation-vendor product export' prints for load_license; a fingerprint of 16 digits is no key.",
    ),
    "usage.missing": (
        "USAGE",
        "The value for {what} is missing.",
        "Give it as an option; without a terminal nothing is asked.",
    ),
    "usage.needs_extra": (
        "USAGE",
        "This command needs the package {what}, which is not installed.",
        "Install offline-activation[{extra}] with pip, from an index or from wheel files (docs/install.md).",
    ),
    "internal.unexpected": (
        "INTERNAL",
        "Something unexpected happened ({what}).",
        "Nothing was acknowledged. Report this line to the maintainers.",
    ),
}
