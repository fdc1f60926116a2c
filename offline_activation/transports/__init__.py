"""Carry bytes and never look inside: file, text, QR, mail."""
