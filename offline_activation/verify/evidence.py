"""The files that say what became of a license: returned, stopped, opened in an emergency.  Read, judged elsewhere.

None of these files can stop a licensed site by being bad: what cannot be read or does not verify is not there.
"""

import os
from typing import Final

from offline_activation.errors import ActivationError
from offline_activation.files import read_bounded, replace_durably
from offline_activation.formats.cbor import MAX_SIZE
from offline_activation.formats.envelope import Kind, open_envelope
from offline_activation.formats.instants import show_day
from offline_activation.formats.keys import PublicKey
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import ProductId
from offline_activation.formats.product import ProductDocument
from offline_activation.formats.receipt import ReceiptDocument
from offline_activation.formats.request import ReceivedRequest
from offline_activation.formats.value import value
from offline_activation.verify import stopped
from offline_activation.verify.checks import Facts, check_installed, check_origin
from offline_activation.verify.directory import (
    EMERGENCY,
    KEPT_LICENSE,
    LICENSE,
    OPENED,
    RECEIPT,
    RETURNED,
    STOPPED,
    find_site_key,
    find_trust,
)
from offline_activation.verify.emergency import EARLY, check_sealed
from offline_activation.verify.stages import REVOKED
from offline_activation.verify.stopped import Stop
from offline_activation.verify.trust import Trust
from offline_activation.verify.witness import may_write

_NOTE_LIMIT: Final = 32


@value
class Stopped:
    """A site that may do nothing, and the license it still has, if any."""

    stop: Stop
    license: LicenseDocument | None


@value
class Opened:
    """An emergency license that was opened here: its license, when it was opened, and the trust it was checked by."""

    license: LicenseDocument
    opened: int
    trust: Trust


def find_stop(home: str, product: ProductDocument) -> Stopped | None:
    """Return what stops the site in ``home``; ``None`` when nothing does.

    Raises :class:`Trouble` when the license or the site key cannot be read now: that is then the thing to say.
    """
    key, trust = find_site_key(home)[0], find_trust(home, product)[0]
    in_force = license_of_site(home, product.product, key, trust)
    made = find_return(home, product.product, key, in_force)
    if made is not None:
        own = stopped.returned(made)
        own.problem.advising(_after_return(home, product.product, key, trust, made))
        return Stopped(stop=own, license=in_force)
    stop = find_vendors_stop(home, product.product, key, trust, in_force)
    return None if stop is None else Stopped(stop=stop, license=in_force)


def find_return(
    home: str, product: ProductId, site_key: PublicKey, in_force: LicenseDocument | None
) -> ReceivedRequest | None:
    """Return the return this site has made, when it counts against the license ``in_force``; raises nothing."""
    document = _read(home, RETURNED)
    if document is None:
        return None
    return stopped.by_return(document, product=product, site_key=site_key, in_force=in_force)


def find_receipt(home: str, product: ProductId, trust: Trust, made: ReceivedRequest) -> ReceiptDocument | None:
    """Return the vendor's receipt of the return ``made``, when it is here and good; raises nothing."""
    document = _read(home, RECEIPT)
    if document is None:
        return None
    try:
        proven = check_origin(document, Kind.RECEIPT, trust=trust, product=product)
    except ActivationError:
        return None
    said = proven.content
    is_good = isinstance(said, ReceiptDocument) and not proven.is_revoked and said.request_id == made.request_id
    return said if is_good and isinstance(said, ReceiptDocument) else None


def _after_return(home: str, product: ProductId, site_key: PublicKey, trust: Trust, made: ReceivedRequest) -> str:
    """Return the next step of a site that gave its license back."""
    receipt = find_receipt(home, product, trust, made)
    said = find_vendors_stop(home, product, site_key, trust, in_force=None)
    if said is not None and said.state == REVOKED:
        then = "The license had been revoked: speak to the vendor before you ask for another one."
    else:
        then = "To activate here again, make a new request."
    if receipt is not None:
        return f"Nothing to do: the receipt is of {show_day(receipt.issued)}. {then}"
    again = (
        "send the return to the vendor ('activation-site return -o FILE' writes it again) and import what comes back"
    )
    return f"No receipt yet: {again}, or take it to the new server. {then}"


def find_vendors_stop(
    home: str, product: ProductId, site_key: PublicKey, trust: Trust, in_force: LicenseDocument | None
) -> Stop | None:
    """Return what the kept document of the vendor says against the license ``in_force``; raises nothing."""
    document = _read(home, STOPPED)
    if document is None:
        return None
    return stopped.by_vendor(document, trust=trust, product=product, site_key=site_key, in_force=in_force)


def find_emergency(home: str, product: ProductDocument) -> Opened | None:
    """Return the emergency license that is open in ``home``; raises what reading the site key raises."""
    opened = read_opened(home)
    found = None if opened is None else find_sealed(home, product)
    if opened is None or found is None:
        return None
    license_, trust = found
    return Opened(license=license_, opened=opened, trust=trust)


def find_sealed(home: str, product: ProductDocument) -> tuple[LicenseDocument, Trust] | None:
    """Return the license that was put here to be opened, and the trust it was checked by, whatever became of its note.

    Raises what reading the site key raises.
    """
    document = _read(home, EMERGENCY)
    if document is None:
        return None
    key, trust = find_site_key(home)[0], find_trust(home, product)[0]
    try:
        return check_sealed(document, trust=trust, product=product.product, site_key=key), trust
    except ActivationError:
        return None


def read_opened(home: str) -> int | None:
    """Return when the emergency license was opened, in seconds since 1970; ``None`` without a readable note."""
    try:
        found = int(read_bounded(os.path.join(home, OPENED), limit=_NOTE_LIMIT))
    except (ActivationError, ValueError):
        return None
    return found if found >= 0 else None


def keep_opened(home: str, found: Opened, now: int) -> None:
    """Let an opening dated ahead of ``now``, by a clock that was wrong, count from now on; raises nothing."""
    if found.opened > now + EARLY and may_write(home):
        try:
            replace_durably(os.path.join(home, OPENED), f"{now}\n".encode())
        except ActivationError:  # a full or read-only disk: it goes on counting as now
            return


def license_of_site(home: str, product: ProductId, site_key: PublicKey, trust: Trust) -> LicenseDocument | None:
    """Return the license that is the vendor's for this site key, whatever the machine; ``None`` without a good copy.

    Raises :class:`Trouble` ``io.*`` when no copy is good and one of them cannot be read now.
    """
    unread: ActivationError | None = None
    for name in (LICENSE, KEPT_LICENSE):
        try:
            document = read_bounded(os.path.join(home, name), limit=MAX_SIZE)
            own = read_license(open_envelope(document)).components
            facts = Facts(product=product, site_key=site_key, components=own)
            return check_installed(document, trust=trust, facts=facts).license
        except ActivationError as error:
            if error.code.startswith("io.") and error.code != "io.not_found":
                unread = error
    if unread is not None:
        raise unread
    return None


def _read(home: str, name: str) -> bytes | None:
    try:
        return read_bounded(os.path.join(home, name), limit=MAX_SIZE)
    except ActivationError:
        return None
