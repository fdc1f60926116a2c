"""The start-up path: read the state directory, run the ladder, return a License.  The thin shell around pure checks.

It reads a few small files and asks the machine who it is; it writes nothing, starts nothing and never touches the
network.  Times of this path are in docs/performance.md.
"""

import os
import time
from typing import Final

from offline_activation.errors import ActivationError, Refusal, Trouble
from offline_activation.files import read_bounded
from offline_activation.formats.cbor import MAX_SIZE
from offline_activation.formats.instants import show_instant
from offline_activation.formats.keys import KEY_SIZE, public_key
from offline_activation.formats.product import ProductDocument, receive_product
from offline_activation.formats.value import changed
from offline_activation.identity.components import blinded, read_components
from offline_activation.verify.checks import CLOCK_TOLERANCE, AcceptedLicense, Facts, check_installed
from offline_activation.verify.license import License
from offline_activation.verify.standing import (
    NOT_ACTIVATED,
    WRONG_MACHINE,
    Standing,
    licensed_standing,
    unlicensed_standing,
)
from offline_activation.verify.trust import Trust, pinned_trust, updated

HOME_VARIABLE: Final = "ACTIVATION_SITE_HOME"

PRODUCT: Final = "product.cose"
TRUST: Final = "trust.cose"
LICENSE: Final = "license.cose"
KEPT_LICENSE: Final = "license.kept.cose"
"""A second copy of the license in force, for the day the first is damaged."""
SITE_KEY_PUBLIC: Final = "site_key.pub"
INITIALISED: Final = "initialised"
"""When the installation was made, seconds since 1970 as text: the demo counts from there."""


def default_home() -> str:
    """Return the state directory named by ``ACTIVATION_SITE_HOME``, else the platform's usual place."""
    named = os.environ.get(HOME_VARIABLE)
    if named:
        return named
    import platformdirs  # noqa: PLC0415 - 3 ms that only an application without a named home pays

    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    base = platformdirs.site_data_dir if is_root or os.name == "nt" else platformdirs.user_data_dir
    return str(base("offline-activation", appauthor=False))


def load_license(
    product: str,
    *,
    home: str | os.PathLike[str] | None = None,
    now: float | None = None,
    strict: bool = False,
) -> License:
    """Return what ``product`` may do on this machine now.

    ``home`` is the state directory (default: ``ACTIVATION_SITE_HOME``, else the platform's place); ``now`` is in
    seconds since 1970 (default: this machine's clock).  Never raises for a bad, missing or damaged license: the
    product must keep running in its documented state, and ``License.problem`` says what is wrong.  With ``strict``,
    raises that problem (:class:`Refusal` or :class:`Trouble`) instead.  Never touches the network, never writes.
    """
    directory = os.fspath(home) if home is not None else default_home()
    instant = int(time.time() if now is None else now)
    try:
        found = _load(directory, product, instant)
    except ActivationError as error:
        found = License(product=None, document=None, standing=Standing(state=NOT_ACTIVATED, problem=error))
    if strict and found.problem is not None:
        raise found.problem
    return found


def read_product_file(home: str) -> ProductDocument:
    """Return the product file pinned in ``home``; raises :class:`Refusal` ``site.not_initialised`` without one."""
    try:
        return receive_product(read_bounded(os.path.join(home, PRODUCT), limit=MAX_SIZE))
    except Trouble as error:
        if error.code == "io.not_found":
            raise Refusal("site.not_initialised", path=home) from error
        raise


def read_trust(home: str, product: ProductDocument) -> Trust:
    """Return the newest trust this installation has seen; a damaged list falls back to that of the product file."""
    trust = pinned_trust(product.root, product.trust)
    try:
        return updated(trust, read_bounded(os.path.join(home, TRUST), limit=MAX_SIZE))
    except ActivationError:
        return trust


def read_facts(home: str, product: ProductDocument) -> Facts:
    """Return who this installation is; raises :class:`Refusal` ``identity.none`` or ``key.weak``."""
    text = read_bounded(os.path.join(home, SITE_KEY_PUBLIC), limit=4 * KEY_SIZE)
    try:
        key = public_key(bytes.fromhex(text.decode()))
    except ValueError:
        raise Refusal("key.weak") from None
    present = {
        component.name: blinded(component, product=product.product, site_key=key)
        for component in read_components(home)
        if component.value is not None
    }
    return Facts(product=product.product, site_key=key, components=present)


def read_license_in_force(home: str, *, trust: Trust, facts: Facts) -> tuple[AcceptedLicense, bool] | None:
    """Return the license in force and whether the kept copy had to stand in; ``None`` when there is no license.

    Raises the :class:`Refusal` or :class:`Trouble` of the license file when no copy of it is good.
    """
    first: ActivationError | None = None
    for name in (LICENSE, KEPT_LICENSE):
        try:
            document = read_bounded(os.path.join(home, name), limit=MAX_SIZE)
            return check_installed(document, trust=trust, facts=facts), first is not None
        except ActivationError as error:
            if first is None or first.code == "io.not_found":
                first = error
    if first is None or first.code == "io.not_found":
        return None
    raise first


def _load(home: str, product_id: str, now: int) -> License:
    product = read_product_file(home)
    if product.product != product_id:
        raise Refusal("site.other_product", path=home, found=product.product, expected=product_id)
    try:
        facts = read_facts(home, product)
        found = read_license_in_force(home, trust=read_trust(home, product), facts=facts)
    except ActivationError as error:
        return License(product=product, document=None, standing=_refused(error))
    if found is None:
        return License(product=product, document=None, standing=unlicensed_standing(product, _since(home, now), now))
    accepted, restored = found
    standing = licensed_standing(accepted.license, product, now)
    notes = [*standing.warnings, *_notes(accepted, now, restored=restored)]
    return License(product=product, document=accepted.license, standing=changed(standing, warnings=tuple(notes)))


def _refused(error: ActivationError) -> Standing:
    state = WRONG_MACHINE if error.code == "license.wrong_machine" else NOT_ACTIVATED
    return Standing(state=state, problem=error)


def _notes(accepted: AcceptedLicense, now: int, *, restored: bool) -> list[ActivationError]:
    notes: list[ActivationError] = []
    if restored:
        notes.append(Trouble("license.restored"))
    if accepted.match.verdict == "drifted":
        notes.append(Refusal("license.hardware_changed", what=accepted.match.explanation))
    if accepted.revoked_key:
        notes.append(Refusal("key.revoked", kind="license"))
    if accepted.license.issued > now + CLOCK_TOLERANCE:
        notes.append(
            Refusal("clock.set_back", now=show_instant(now), seen=show_instant(accepted.license.issued)),
        )
    return notes


def _since(home: str, now: int) -> int:
    """Return when the installation was made; a lost note counts from the epoch, never from now."""
    try:
        return min(int(read_bounded(os.path.join(home, INITIALISED), limit=32)), now)
    except (ActivationError, ValueError):
        return 0
