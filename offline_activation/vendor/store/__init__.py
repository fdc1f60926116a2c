"""Where the vendor keeps its records: one unit-of-work contract, SQLAlchemy Core behind it."""
