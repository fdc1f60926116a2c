"""Which key signs what: choosing the issuing key, and writing and signing trust lists."""

from collections.abc import Callable, Iterable

from offline_activation.errors import Refusal
from offline_activation.formats.keys import KeyId, Signer
from offline_activation.formats.names import ProductId
from offline_activation.formats.trust_list import IssuingKey, TrustList, Use, seal_trust_list
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


def trust_list(vendor: Vendor, keys: Iterable[KeyRecord], *, number: int, now: int) -> TrustList:
    """Return the content of a trust list: every issuing key that can still be valid, and the revoked ones."""
    issuing = [key for key in keys if key.role == "issuing"]
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
        revoked=tuple(sorted(key.key_id for key in issuing if key.state == "revoked")),
    )


def publish_trust_list(work: Work, vendor: Vendor, root: Signer, *, number: int, now: int) -> bytes:
    """Sign the trust list of the keys in the books with the root key, keep it and return the document."""
    document = seal_trust_list(trust_list(vendor, work.keys(), number=number, now=now), root)
    work.save_trust_list(number, document)
    return document
