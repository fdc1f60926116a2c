"""``forecast --ics``: the due dates as a calendar file."""

from offline_activation.cli import manners
from offline_activation.cli.site_views import open_site
from offline_activation.errors import Misuse


def write_calendar(path: str, *, force: bool) -> None:
    """Write the calendar of what is due and show the dates; ``-`` is standard output."""
    import time
    from dataclasses import asdict

    from offline_activation.files import STANDARD_STREAM, write_new
    from offline_activation.site.due_dates import calendar, demo_dates, due_dates
    from offline_activation.site.installation import read_installation
    from offline_activation.verify.directory import read_initialised

    if path == STANDARD_STREAM and manners.SESSION.as_json:
        raise Misuse("usage.invalid", what="--ics - and --json both want standard output")
    site = read_installation(open_site(reading=True))
    document = site.license.content if site.license else None
    if document is not None:
        dates = due_dates(document, site.product)
    else:
        dates = demo_dates(site.product, read_initialised(str(site.directory.home)))
    write_new(path, calendar(dates, site.product, document, int(time.time())), force=force)
    if path == STANDARD_STREAM:
        return
    lines = [f"{each.day}  {each.title}" for each in dates] or ["No dates: this license has no end."]
    manners.emit({"file": path, "dates": [asdict(each) for each in dates]}, [*lines, "", f"Calendar: {path}"])
