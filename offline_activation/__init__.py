"""Offline license activation: signed request out, signed license in."""
