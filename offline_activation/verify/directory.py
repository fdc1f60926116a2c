"""The state directory as the start-up path reads it: what its files are called and what each of them says.

Reading only.  What a licensed site cannot do without is kept twice, so that one bad file never makes it an unlicensed
one; reading says when a kept copy had to stand in.
"""

import os
import sys
from collections.abc import Callable
from typing import Final, TypeVar

from offline_activation.errors import ActivationError, Refusal, Trouble
from offline_activation.files import read_bounded
from offline_activation.formats.cbor import MAX_SIZE
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import KEY_SIZE, PublicKey, public_key
from offline_activation.formats.license_document import read_license
from offline_activation.formats.names import SiteId, site_id
from offline_activation.formats.product import ProductDocument, receive_product
from offline_activation.identity.components import blinded, fallback_marks, read_components
from offline_activation.verify.checks import AcceptedLicense, Facts, check_installed
from offline_activation.verify.ownership import is_denied, unreadable
from offline_activation.verify.trust import Trust, is_of_one_chain, learned, pinned_trust, updated

T = TypeVar("T")

HOME_VARIABLE: Final = "ACTIVATION_SITE_HOME"
ROOT_HOME: Final = "/var/lib/offline-activation"
"""Default of root outside of macOS and Windows: state that programs keep belongs there (FHS 3.0 section 5.8)."""

PRODUCT: Final = "product.cose"
KEPT_PRODUCT: Final = "product.kept.cose"
TRUST: Final = "trust.cose"
"""No copy is kept: every license carries the list it needs."""
LICENSE: Final = "license.cose"
KEPT_LICENSE: Final = "license.kept.cose"
"""A second copy of the license in force, for the day the first is damaged."""
SITE_KEY_PUBLIC: Final = "site_key.pub"
KEPT_SITE_KEY_PUBLIC: Final = "site_key.kept.pub"
CLIENT: Final = "client"
"""Present when this is no server: licenses are not handled here."""
INITIALISED: Final = "initialised"
"""When the installation was made, seconds since 1970 as text: the demo counts from there."""
RETURNED: Final = "returned.cose"
"""The return this site has made: its own signed request, which says that the license was given back."""
RECEIPT: Final = "receipt.cose"
"""The vendor's receipt of that return: it says when the license was taken back."""
STOPPED: Final = "stopped.cose"
"""What the vendor signed that stops this site: a refusal to it, or the license of the server that replaced it."""
EMERGENCY: Final = "emergency.cose"
"""The license whose emergency license was opened here."""
OPENED: Final = "emergency"
"""When it was opened, seconds since 1970 as text."""

_DAMAGE: Final = frozenset({"ENCODING", "PROFILE", "SIG", "LIMIT", "IO"})
"""Reason classes that speak of a bad file, not of a good document which says no."""


def default_home() -> str:
    """Return the state directory named by ``ACTIVATION_SITE_HOME``, else the platform's usual place."""
    named = os.environ.get(HOME_VARIABLE)
    if named:
        return named
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_root and sys.platform != "darwin":
        return ROOT_HOME
    import platformdirs  # noqa: PLC0415 - 3 ms that only an application without a named home pays

    base = platformdirs.site_data_dir if is_root or os.name == "nt" else platformdirs.user_data_dir
    return str(base("offline-activation", appauthor=False))


def is_client(home: str) -> bool:
    """Tell whether this installation was made as a client: no server, no licenses."""
    return os.path.lexists(os.path.join(home, CLIENT))


def find_product(home: str) -> tuple[ProductDocument, bool]:
    """Return the product file pinned in ``home``, and whether its kept copy had to stand in.

    Raises :class:`Refusal` ``site.not_initialised`` without one and ``profile.newer``; :class:`Trouble`
    ``io.unreadable`` when this user may not read it, ``site.damaged`` when it is there and no copy of it is good.
    """
    try:
        return _first_good(home, (PRODUCT, KEPT_PRODUCT), MAX_SIZE, receive_product)
    except ActivationError as error:
        if error.code == "io.not_found":
            raise Refusal("site.not_initialised", path=home) from error
        if error.code == "profile.newer":
            raise
        if is_denied(error):
            raise unreadable(home) from error
        raise Trouble("site.damaged", name=PRODUCT, what=_phrase(error)) from error


def find_trust(home: str, product: ProductDocument) -> tuple[Trust, bool]:
    """Return the newest trust this installation has seen, and whether its list was damaged.

    Without a good list it is the one of the product file.  Raises the :class:`Refusal` of that one.
    """
    trust = pinned_trust(product.root, product.trust)
    try:
        return updated(trust, read_bounded(os.path.join(home, TRUST), limit=MAX_SIZE)), False
    except ActivationError as error:
        return trust, error.code != "io.not_found"


def find_site_key(home: str) -> tuple[PublicKey, bool]:
    """Return the public half of the site key, and whether its kept copy had to stand in.

    The file has no check of its own: of two copies that differ, the one to which the license was issued is right.
    Raises :class:`Trouble` ``io.unreadable`` when this user may not read it, ``site.damaged`` when no copy is good.
    """
    names = (SITE_KEY_PUBLIC, KEPT_SITE_KEY_PUBLIC)
    try:
        key, stood_in = _first_good(home, names, 4 * KEY_SIZE, _key_from_text)
    except ActivationError as error:
        if is_denied(error):
            raise unreadable(home) from error
        raise Trouble("site.damaged", name=SITE_KEY_PUBLIC, what=_phrase(error)) from error
    if not stood_in:
        try:
            other, _ = _first_good(home, names[1:], 4 * KEY_SIZE, _key_from_text)
        except ActivationError:
            other = key
        if other != key and site_id(key) != (licensed := _licensed_site(home)) and site_id(other) == licensed:
            return other, True
    return key, stood_in


def read_product_file(home: str) -> ProductDocument:
    """Return the product file pinned in ``home``; raises as :func:`find_product` does."""
    return find_product(home)[0]


def read_trust(home: str, product: ProductDocument) -> Trust:
    """Return the newest trust this installation has seen: in the product file, its list, or the list of its license.

    What is damaged or missing among the last two is passed over.
    """
    trust = find_trust(home, product)[0]
    for name in (LICENSE, KEPT_LICENSE):
        try:
            license_ = read_license(open_envelope(read_bounded(os.path.join(home, name), limit=MAX_SIZE)))
            trust = learned(trust, license_.trust)
        except ActivationError:
            continue
    return trust


def is_root(text: str) -> bool:
    """Tell whether ``text`` is a root key as ``product export`` prints it: 64 hexadecimal digits."""
    try:
        return len(text) == 2 * KEY_SIZE == 2 * len(bytes.fromhex(text))
    except (TypeError, ValueError):
        return False


def is_root_of(home: str, product: ProductDocument, root: str) -> bool:
    """Tell whether ``root`` (hexadecimal) is the pinned root key, or one before or after it as the newest list shows.

    Raises what reading the product file's own trust list raises.
    """
    if bytes(product.root).hex() == root.lower():
        return True
    try:
        wanted = public_key(bytes.fromhex(root))
    except (ValueError, Refusal):
        return False
    return is_of_one_chain(read_trust(home, product), wanted)


def read_facts(home: str, product: ProductDocument) -> Facts:
    """Return who this installation is; raises :class:`Trouble` ``site.damaged``, :class:`Refusal` ``identity.none``."""
    return facts_of(home, product, find_site_key(home)[0])


def facts_of(home: str, product: ProductDocument, site_key: PublicKey, *, without: tuple[str, ...] = ()) -> Facts:
    """Return who the installation with this key is; raises :class:`Refusal` ``identity.none``.

    ``without`` names components taken away; a volume id that falls back on one of them goes too.
    """
    gone = {*without, *(f"fallback:{name.replace('_', '-')}" for name in without)}
    components = tuple(each for each in read_components(home) if not gone & {each.name, each.source})
    present = {
        component.name: blinded(component, product=product.product, site_key=site_key)
        for component in components
        if component.value is not None
    }
    return Facts(
        product=product.product,
        site_key=site_key,
        components=present,
        fallback_volumes=fallback_marks(components, product=product.product, site_key=site_key),
    )


def has_license(home: str) -> bool:
    """Tell whether anything stands where the license and its kept copy are; it may well be damaged or unreadable."""
    return any(os.path.lexists(os.path.join(home, name)) for name in (LICENSE, KEPT_LICENSE))


def read_license_in_force(home: str, *, trust: Trust, facts: Facts) -> tuple[AcceptedLicense, bool] | None:
    """Return the license in force and whether the kept copy had to stand in; ``None`` when there is no license.

    A kept copy stands in for a damaged license, and for one of an older revision that somebody put back.
    When no copy is good, raises :class:`Trouble` ``license.unreadable`` for a damaged file, or the :class:`Refusal` of
    a document that is whole and says no (``key.*``, ``binding.*``, ``license.wrong_machine``, ``profile.newer``).
    """

    def check(document: bytes) -> AcceptedLicense:
        return check_installed(document, trust=trust, facts=facts)

    try:
        found, stood_in = _first_good(home, (LICENSE, KEPT_LICENSE), MAX_SIZE, check)
    except ActivationError as error:
        if error.code == "io.not_found":
            return None
        if error.reason in _DAMAGE and error.code != "profile.newer":
            raise Trouble("license.unreadable", what=_phrase(error)) from error
        raise
    newer = None if stood_in else _newer_copy(home, found, check)
    return (newer, True) if newer is not None else (found, stood_in)


def _newer_copy(home: str, found: AcceptedLicense, check: Callable[[bytes], AcceptedLicense]) -> AcceptedLicense | None:
    """Return the kept copy when it is a good one of a higher revision; the usual, equal copy is not even parsed."""
    try:
        document = read_bounded(os.path.join(home, KEPT_LICENSE), limit=MAX_SIZE)
        if document == found.document:
            return None
        kept = check(document)
    except ActivationError:
        return None
    is_same = kept.license.license_number == found.license.license_number
    # A revoked key may have signed the highest revision there is: what replaced it counts.
    is_newer = is_same and kept.license.revision > found.license.revision and not kept.revoked_key
    return kept if is_newer else None


def read_initialised(home: str) -> int | None:
    """Return when the installation was made, in seconds since 1970; ``None`` when that note is lost."""
    try:
        return int(read_bounded(os.path.join(home, INITIALISED), limit=32))
    except (ActivationError, ValueError):
        return None


def _first_good(home: str, names: tuple[str, ...], limit: int, read: Callable[[bytes], T]) -> tuple[T, bool]:
    """Return what the first good copy says, and whether an earlier one was bad or missing.

    Raises the error of the first copy that is there, which says more than that another one is missing.
    """
    errors: list[ActivationError] = []
    for name in names:
        try:
            return read(read_bounded(os.path.join(home, name), limit=limit)), bool(errors)
        except ActivationError as error:
            errors.append(error)
    raise next((error for error in errors if error.code != "io.not_found"), errors[0])


def _key_from_text(text: bytes) -> PublicKey:
    try:
        return public_key(bytes.fromhex(text.decode()))
    except ValueError:
        raise Refusal("key.weak") from None


def _licensed_site(home: str) -> SiteId | None:
    """Return the site that the license names, unproven: it only chooses between two keys of this directory."""
    try:
        return _first_good(home, (LICENSE, KEPT_LICENSE), MAX_SIZE, lambda data: read_license(open_envelope(data)))[
            0
        ].site
    except ActivationError:
        return None


def _phrase(error: ActivationError) -> str:
    return error.message[:1].lower() + error.message[1:].removesuffix(".")
