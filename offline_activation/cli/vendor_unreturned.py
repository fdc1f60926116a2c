"""What the vendor can do about ``policy.unreturned``; the signed refusal holds the customer's words alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from offline_activation.cli.vendor_show import number

if TYPE_CHECKING:  # only names in signatures
    from offline_activation.formats.names import LicenseNumber
    from offline_activation.vendor.ports import Work

CODE: Final = "policy.unreturned"


def counted_json(work: "Work", license_number: "LicenseNumber", code: str | None) -> dict[str, Any]:
    """Return the licenses whose replaced servers are counted, for the result of a request refused for them."""
    record = work.find_license(license_number) if code == CODE else None
    if record is None:
        return {}
    owing = work.licenses_with_unreturned(record.product, record.email)
    return {
        "counted": [{"license_number": number(each.license_number), "unreturned": each.unreturned} for each in owing]
    }


def write_off_lines(result: dict[str, Any]) -> Sequence[str]:
    """Return the next step of the vendor; nothing for a request that was not refused for this."""
    counted = result.get("counted")
    if counted is None:
        return []
    if not counted:
        return ["Nothing is counted any more. Next: the site makes a new request."]
    listed = ", ".join(f"{each['license_number']} ({each['unreturned']})" for each in counted)
    first = counted[0]["license_number"]
    return [
        f"Counted: {listed}.",
        f"Next: activation-vendor license write-off {first} --reason TEXT, when these servers are surely gone;",
        "      then the site makes a new request.",
    ]
