"""``forecast --ics``: the due dates as a calendar file."""

from typing import TYPE_CHECKING

from offline_activation.cli import manners
from offline_activation.cli.site_views import open_site
from offline_activation.errors import Misuse

if TYPE_CHECKING:
    from offline_activation.verify.license import License


def write_calendar(path: str, *, force: bool) -> None:
    """Write the calendar of what is due and show the dates; ``-`` is standard output."""
    import time
    from dataclasses import asdict

    from offline_activation.files import STANDARD_STREAM, write_new
    from offline_activation.site.due_dates import calendar, due_dates
    from offline_activation.verify.installed import load_license, read_product_file

    if path == STANDARD_STREAM and manners.SESSION.as_json:
        raise Misuse("usage.invalid", what="--ics - and --json both want standard output")
    directory, now = open_site(reading=True), int(time.time())
    product = read_product_file(str(directory.home))
    found = load_license(product.product, home=directory.home)
    dates = due_dates(found, product)
    write_new(path, calendar(dates, product, found, now), force=force)
    if path == STANDARD_STREAM:
        return
    lines = [f"{each.day}  {each.title}" for each in dates] or [f"No dates: {_why(found)}."]
    manners.emit({"file": path, "dates": [asdict(each) for each in dates]}, [*lines, "", f"Calendar: {path}"])


def _why(found: "License") -> str:
    """Return why a license has no dates."""
    if found.problem is None:
        return "this license has no end"
    return found.problem.message[:1].lower() + found.problem.message[1:].removesuffix(".")
