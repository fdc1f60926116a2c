"""One unit of work: all parts of the books on one transaction."""

from offline_activation.vendor.store.audit_books import AuditBooks
from offline_activation.vendor.store.former_site_books import FormerSiteBooks
from offline_activation.vendor.store.intent_books import IntentBooks
from offline_activation.vendor.store.license_books import LicenseBooks
from offline_activation.vendor.store.order_books import OrderBooks
from offline_activation.vendor.store.outbox_books import OutboxBooks
from offline_activation.vendor.store.request_books import RequestBooks
from offline_activation.vendor.store.vendor_books import VendorBooks


class UnitOfWork(
    VendorBooks, OrderBooks, LicenseBooks, FormerSiteBooks, RequestBooks, IntentBooks, AuditBooks, OutboxBooks
):
    """A :class:`offline_activation.vendor.ports.Work` on a database."""
