"""What this installation is at this moment: product, trust, machine and the license it holds, read in one go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from offline_activation.errors import ActivationError, Refusal
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.keys import KeyId
from offline_activation.formats.license_document import LicenseDocument, read_license
from offline_activation.formats.names import DocumentId
from offline_activation.formats.product import ProductDocument, receive_product
from offline_activation.formats.request import ReceivedRequest
from offline_activation.formats.value import changed
from offline_activation.site import history
from offline_activation.site.directory import CLIENT, StateDirectory, create_directory, open_directory
from offline_activation.site.site_key import make_site_key
from offline_activation.verify import installed
from offline_activation.verify.checks import Facts, check_installed
from offline_activation.verify.directory import find_trust
from offline_activation.verify.evidence import find_return
from offline_activation.verify.trust import Trust, is_of_former_root, learned, pinned_trust

_NOBODY_ELSE: Final = "site.not_the_server"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledLicense:
    """The license that was imported last, proven to be the vendor's for this site key; the machine is not looked at."""

    content: LicenseDocument
    response_id: DocumentId
    document: bytes
    signed_by: KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A snapshot for one command."""

    directory: StateDirectory
    product: ProductDocument
    trust: Trust
    facts: Facts
    license: InstalledLicense | None
    """``None`` as well when it was given back, whatever still lies there."""
    returned: ReceivedRequest | None = None
    """The return with which the last license was given back."""


def initialise(
    home: str, product_file: bytes, *, client: bool, now: int, random: Callable[[int], bytes]
) -> tuple[StateDirectory, ProductDocument]:
    """Make an installation: site key, pinned root and trust list; ``now`` in seconds since 1970 UTC.

    The product file is written last: before it there is no installation, and running again finishes the work with the
    same key.  Raises what ``receive_product`` raises, :class:`Refusal` ``site.already_initialised``,
    ``site.unsafe_directory``, ``site.directory_not_empty``; :class:`Trouble` ``site.locked``, ``io.*``, ``key.file``.
    """
    product = receive_product(product_file)
    pinned_trust(product.root, product.trust)
    directory = create_directory(home)
    with directory.locked():
        if directory.has(installed.PRODUCT):
            raise Refusal("site.already_initialised", path=directory.home)
        signer = make_site_key(directory, random)
        if not directory.has(installed.INITIALISED):  # the demo is not made longer by running again
            directory.write(installed.INITIALISED, f"{now}\n".encode())
        if client:
            directory.write(CLIENT, b"")
        elif directory.has(CLIENT):
            directory.remove(CLIENT)
        keep_newest_trust(directory, product, product.trust)
        directory.write(installed.KEPT_PRODUCT, product_file)
        directory.write(installed.PRODUCT, product_file)
        details = {"product": product.product, "client": client}
        history.tell(
            directory,
            history.Record(
                at=now, event=history.INITIALISED, subject=bytes(signer.public_key).hex()[:32], details=details
            ),
        )
    return directory, product


def open_site(home: str, *, as_server: bool = True, reading: bool = False) -> StateDirectory:
    """Return the state directory of an installation; ``as_server`` for every command that handles licenses.

    Only for ``reading``, root may open the directory of another user.  Raises what ``open_directory`` raises, and
    :class:`Refusal` ``site.not_the_server`` on a client.
    """
    directory = open_directory(home, reading=reading)
    if as_server and directory.has(CLIENT):
        raise Refusal(_NOBODY_ELSE)
    return directory


def read_installation(directory: StateDirectory) -> Installation:
    """Return the snapshot; raises ``identity.none``, ``key.*`` and what reading the product file raises."""
    home = str(directory.home)
    product = installed.read_product_file(home)
    trust = installed.read_trust(home, product)
    facts = installed.read_facts(home, product)
    found = read_installed_license(directory, trust, facts)
    returned = find_return(home, product.product, facts.site_key, found.content if found else None)
    return Installation(
        directory=directory,
        product=product,
        trust=trust,
        facts=facts,
        license=None if returned is not None else found,
        returned=returned,
    )


def read_installed_license(directory: StateDirectory, trust: Trust, facts: Facts) -> InstalledLicense | None:
    """Return the newer of the two license copies that are the vendor's for this site key, ``None`` without one.

    On changed hardware the license does not work, and still is the one that the next response must follow.
    """
    copies = (_read_copy(directory, name, trust, facts) for name in (installed.LICENSE, installed.KEPT_LICENSE))
    return next((copy for copy in copies if copy is not None), None)


def keep_newest_trust(directory: StateDirectory, product: ProductDocument, document: bytes) -> bool:
    """Write ``document`` as the trust list unless the one that is there is as new; tell whether it was written.

    A list of an earlier root key than the pinned one is not written: nobody could verify it here.  Raises what reading
    a trust list raises, and ``Trouble`` ``io.unwritable``.
    """
    known, _ = find_trust(str(directory.home), product)  # the license's own list may be as new and is no reason to wait
    if learned(known, document) == known and (directory.has(installed.TRUST) or is_of_former_root(known, document)):
        return False
    directory.write(installed.TRUST, document)
    return True


def _read_copy(directory: StateDirectory, name: str, trust: Trust, facts: Facts) -> InstalledLicense | None:
    try:
        document = directory.read(name)
        if document is None:
            return None
        content = read_license(open_envelope(document))
        found = check_installed(document, trust=trust, facts=changed(facts, components=content.components))
    except ActivationError:
        return None
    return InstalledLicense(
        content=found.license, response_id=found.response_id, document=document, signed_by=found.signed_by
    )
