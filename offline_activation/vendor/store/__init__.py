"""The vendor's books in a database: :func:`offline_activation.vendor.store.opening.open_store` opens them."""
