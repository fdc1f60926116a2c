"""Doors for browsers and machines."""
