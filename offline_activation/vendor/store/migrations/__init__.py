"""Migrations of the vendor's database, run by :mod:`offline_activation.vendor.store.migrating`."""
