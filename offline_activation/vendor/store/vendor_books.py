"""Who the vendor is, its products, its trust lists and its keys."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from offline_activation.formats.keys import KeyId, PublicKey
from offline_activation.formats.names import ProductId
from offline_activation.formats.trust_list import Use
from offline_activation.vendor.records import KeyRecord, Product, Vendor
from offline_activation.vendor.store.books import Books
from offline_activation.vendor.store.json_text import from_text, names_to_text
from offline_activation.vendor.store.tables import keys, products, trust_lists
from offline_activation.vendor.store.tables import vendor as vendor_table

_VENDOR = select(vendor_table)
_PRODUCT = select(products).where(products.c.product_id == bindparam("product_id"))
_PRODUCTS = select(products).order_by(products.c.product_id)
_NEWEST_NUMBER = select(func.max(trust_lists.c.number).label("number"))
_NEWEST_LIST = select(trust_lists.c.document).order_by(trust_lists.c.number.desc()).limit(1)
_KEYS = select(keys).order_by(keys.c.position)


class VendorBooks(Books):
    """The part of a unit of work that knows the vendor itself; what each method promises stands in vendor.ports."""

    def find_vendor(self) -> Vendor | None:
        """Return who this database belongs to."""
        return self._run.record(_VENDOR, _vendor)

    def save_vendor(self, vendor: Vendor) -> None:
        """Write who this database belongs to."""
        self._run.put(
            vendor_table, {"only": 1}, {"name": vendor.name, "root": bytes(vendor.root), "created": vendor.created}
        )

    def find_product(self, product_id: ProductId) -> Product | None:
        """Return one product."""
        return self._run.record(_PRODUCT, _product, {"product_id": product_id})

    def products(self) -> Sequence[Product]:
        """Return all products by id."""
        return self._run.records(_PRODUCTS, _product)

    def save_product(self, product: Product) -> None:
        """Insert or replace a product."""
        self._run.put(
            products,
            {"product_id": product.product_id},
            {"definition": product.definition, "loaded": product.loaded},
        )

    def find_trust_list(self) -> bytes | None:
        """Return the newest trust list document."""
        return self._run.record(_NEWEST_LIST, lambda row: bytes(row.document))

    def save_trust_list(self, number: int, document: bytes) -> None:
        """Add a trust list; numbers only rise, else :class:`Trouble` ``io.database``."""
        newest = self._run.rows(_NEWEST_NUMBER)[0].number
        if newest is not None and number <= newest:
            what = f"trust list {number} does not follow trust list {newest}"
            raise self._run.refuse(what)
        self._run.insert(trust_lists, {"number": number, "document": document})

    def keys(self) -> Sequence[KeyRecord]:
        """Return all keys, oldest first."""
        return self._run.records(_KEYS, _key)

    def save_key(self, record: KeyRecord) -> None:
        """Insert or replace a key."""
        self._run.put(
            keys,
            {"key_id": bytes(record.key_id)},
            {
                "role": record.role,
                "public_key": bytes(record.public_key),
                "not_before": record.not_before,
                "not_after": record.not_after,
                "uses": int(record.uses),
                "products": None if record.products is None else names_to_text(record.products),
                "location": record.location,
                "state": record.state,
            },
        )


def _vendor(row: Row[Any]) -> Vendor:
    return Vendor(name=row.name, root=PublicKey(row.root), created=row.created)


def _product(row: Row[Any]) -> Product:
    return Product(product_id=ProductId(row.product_id), definition=row.definition, loaded=row.loaded)


def _key(row: Row[Any]) -> KeyRecord:
    return KeyRecord(
        key_id=KeyId(row.key_id),
        role=row.role,
        public_key=PublicKey(row.public_key),
        not_before=row.not_before,
        not_after=row.not_after,
        uses=Use(row.uses),
        products=None if row.products is None else tuple(ProductId(name) for name in from_text(row.products)),
        location=row.location,
        state=row.state,
    )
