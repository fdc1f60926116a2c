"""A small licensed application: a time clock that asks its license what it may do.

    python samples/timeclock.py [--home DIR] [--root KEY]

Everything about licensing is in three places: ``load_license`` at the start, ``require`` before a counted thing is
added, ``allows`` and ``limit`` before a screen is shown.
"""

import argparse

from offline_activation import License, Refusal, load_license

EMPLOYEES = ("Ann", "Ben", "Carla", "Dev", "Eve", "Farid", "Gina", "Hugo")
"""Active employees; inactive ones do not count."""

ROOT: str | None = None
"""The vendor's root key, as ``activation-vendor product export`` prints it for load_license.

A real product has it here, in its code: it decides whose licenses count.  This sample has no vendor of its own, so it
takes the key from ``--root``.
"""


def main() -> None:
    """Start the time clock, hire everybody the license covers, and show the screens it opens."""
    parser = argparse.ArgumentParser(description="A time clock that asks its license what it may do.")
    parser.add_argument("--home", help="state directory of the installation (default: ACTIVATION_SITE_HOME)")
    parser.add_argument("--root", default=ROOT, help="the vendor's root key, 64 hexadecimal digits")
    given = parser.parse_args()
    lic = load_license("infinitime", root=given.root, home=given.home, witness=True)  # notes what this clock shows
    print(f"TimeClock starts: {lic.state}" + (f", {lic.days_left} days left" if lic.days_left is not None else ""))
    if lic.problem:
        print(f"  {lic.problem.message} {lic.problem.remedy}")
    for warning in lic.warnings:
        print(f"  {warning.message} {warning.remedy}")
    hire_everybody(lic)
    show_screens(lic)


def hire_everybody(lic: License) -> None:
    """Add employees one by one, each only when the license covers it."""
    hired: list[str] = []
    for name in EMPLOYEES:
        try:
            lic.require("employees", in_use=len(hired) + 1)
        except Refusal as refusal:
            print(f"  {name} cannot be added: {refusal.message}")
            break
        hired.append(name)
    print(f"  employees at work: {len(hired)} of {lic.limit('employees')} licensed ({', '.join(hired) or 'nobody'})")


def show_screens(lic: License) -> None:
    """Show the screens that the license opens; a reader count of 0 hides the reader screens."""
    screens = ["Punches", "Schedules"]
    if lic.limit("badge_readers") > 0:
        screens.append(f"Badge readers (up to {lic.limit('badge_readers')})")
    if lic.limit("biometric_readers") > 0:
        screens.append(f"Biometric readers (up to {lic.limit('biometric_readers')})")
    if lic.allows("accruals_plus"):
        screens.append("Accruals Plus")
    if lic.allows("telephone_punch"):
        screens.append("Telephone Punch")
    print(f"  screens: {', '.join(screens)}")


if __name__ == "__main__":
    main()
