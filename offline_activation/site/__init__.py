"""The customer's half in order of use: requesting, importing, returning."""
