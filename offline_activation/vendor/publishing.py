"""The product file: definition, root key and current trust list, signed by the root key."""

from offline_activation.errors import Refusal
from offline_activation.formats.names import ProductId
from offline_activation.formats.product import seal_product
from offline_activation.vendor.keyring import Signers, check_root, find_root
from offline_activation.vendor.ordering import find_definition
from offline_activation.vendor.ports import Store
from offline_activation.vendor.products import product_document
from offline_activation.vendor.records import AuditEntry


def publish_product(
    store: Store, product: str, *, signers: Signers, now: int, actor: str, server: str | None = None
) -> bytes:
    """Return the signed product file of a loaded product; the audit entry exists before the signature.

    Raises :class:`Refusal` ``vendor.unknown_product``, ``vendor.not_initialised``, ``key.none``,
    ``key.root_ended`` and those of keys.
    """
    with store.read() as work:
        definition = find_definition(work, ProductId(product))
        vendor, trust = work.find_vendor(), work.find_trust_list()
        keys = work.keys()
    if definition is None:
        raise Refusal("vendor.unknown_product", product=product)
    if vendor is None or trust is None:
        raise Refusal("vendor.not_initialised", path="this database")
    root = find_root(vendor, keys)
    if root is None:
        raise Refusal("key.none", product=product)
    check_root(vendor, keys, now=now)
    signer = signers(root)
    content = product_document(definition, vendor=vendor, trust=trust, issued=now, server=server)
    with store.begin() as work:
        details = {"server": content.server}
        entry = AuditEntry(at=now, actor=actor, action="product.exported", subject=product, details=details)
        work.append_audit(entry)
    return seal_product(content, signer)
