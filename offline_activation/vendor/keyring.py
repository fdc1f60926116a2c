"""Which key signs what: choosing issuing and root key, and writing and signing trust lists."""

from collections.abc import Callable, Iterable

from offline_activation.errors import Refusal
from offline_activation.formats.envelope import open_envelope
from offline_activation.formats.instants import show_day
from offline_activation.formats.keys import KeyId, PublicKey, Signer, fingerprint
from offline_activation.formats.names import ProductId
from offline_activation.formats.trust_list import IssuingKey, TrustList, Use, read_trust_list, seal_trust_list
from offline_activation.vendor.ports import Work
from offline_activation.vendor.records import KeyRecord, Vendor

Signers = Callable[[KeyRecord], Signer]
"""Opens the private half of a key; raises ``key.file`` or ``key.passphrase``."""


def issuing_key(keys: Iterable[KeyRecord], *, product: ProductId, use: Use, now: int) -> KeyRecord:
    """Return the newest active issuing key that may sign for ``product`` now.

    Raises :class:`Refusal` ``key.none``, or ``key.no_receipts`` for a receipt: older keys may not sign any.
    """
    fitting = [
        key
        for key in keys
        if key.role == "issuing"
        and key.state == "active"
        and use in key.uses
        and key.not_before <= now < key.not_after
        and (key.products is None or product in key.products)
    ]
    if not fitting:
        raise Refusal("key.no_receipts" if use is Use.RECEIPT else "key.none", product=product)
    return max(fitting, key=lambda key: (key.not_before, key.key_id))


def find_key(keys: Iterable[KeyRecord], wanted: KeyId) -> KeyRecord | None:
    """Return the issuing key with this id."""
    return next((key for key in keys if key.key_id == wanted and key.role == "issuing"), None)


def roots(keys: Iterable[KeyRecord]) -> tuple[KeyRecord, ...]:
    """Return the root keys there have been, number 1 first."""
    return tuple(key for key in keys if key.role == "root")


def first_root(vendor: Vendor, keys: Iterable[KeyRecord]) -> PublicKey:
    """Return root key 1, from which certificates lead to every trust list of this vendor, old and new."""
    return next((key.public_key for key in roots(keys)), vendor.root)


def find_root(vendor: Vendor, keys: Iterable[KeyRecord]) -> KeyRecord | None:
    """Return the root key that signs now."""
    return next((key for key in roots(keys) if key.public_key == vendor.root), None)


def check_root(vendor: Vendor, keys: Iterable[KeyRecord], *, now: int) -> None:
    """Refuse the work of a root key that has ended; raises :class:`Refusal` ``key.root_ended``.

    The one thing it may still do is certify the next one (see ``root_rotation``): otherwise a date missed at the vendor
    would cost every site a new installation.
    """
    root = find_root(vendor, keys)
    if root is not None and now >= root.not_after:
        raise Refusal("key.root_ended", key=fingerprint(root.public_key), ended=show_day(root.not_after))


def certificates(work: Work) -> tuple[bytes, ...]:
    """Return the certificates of root keys 2 and up, as the newest trust list carries them."""
    document = work.find_trust_list()
    return () if document is None else read_trust_list(open_envelope(document)).roots


def trust_list(
    vendor: Vendor, keys: Iterable[KeyRecord], *, number: int, now: int, chain: tuple[bytes, ...] = ()
) -> TrustList:
    """Return the content of a trust list: every issuing key that can still be valid, and the revoked keys.

    ``chain`` holds the root certificates up to the root key that will sign the list.
    """
    known = list(keys)
    issuing = [key for key in known if key.role == "issuing"]
    root = find_root(vendor, known)
    listed = sorted(
        (key for key in issuing if key.state != "revoked" and now < key.not_after),
        key=lambda key: (key.not_before, key.key_id),
    )
    return TrustList(
        number=number,
        vendor=vendor.name,
        issued=now,
        keys=tuple(
            IssuingKey(
                key=key.public_key,
                not_before=key.not_before,
                not_after=key.not_after,
                uses=key.uses,
                products=key.products,
            )
            for key in listed
        ),
        revoked=tuple(sorted(key.key_id for key in known if key.state == "revoked")),
        roots=chain,
        root_until=None if root is None else root.not_after,
    )


def publish_trust_list(
    work: Work, vendor: Vendor, root: Signer, *, number: int, now: int, chain: tuple[bytes, ...] | None = None
) -> bytes:
    """Sign the trust list of the keys in the books with the root key, keep it and return the document.

    ``chain`` as in :func:`trust_list`; by default the one of the list before.
    """
    chain = certificates(work) if chain is None else chain
    document = seal_trust_list(trust_list(vendor, work.keys(), number=number, now=now, chain=chain), root)
    work.save_trust_list(number, document)
    return document
