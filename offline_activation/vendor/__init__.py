"""The vendor's half in order of use: orders, intake, review, issuing."""
