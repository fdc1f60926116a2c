"""Carry bytes, never look inside: file, text, QR code, mail, electronic."""
