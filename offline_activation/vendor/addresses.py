"""When two mail addresses are the same customer.  Pure."""

from unicodedata import normalize


def known_by(email: str) -> str:
    """Return the name by which the customer with a mail address is known: two that are alike have the same.

    Case, blanks around it, other forms of the same letters (fullwidth ones, ligatures: Unicode NFKC) and a tag after
    ``+`` before the ``@`` make no difference.
    """
    folded = normalize("NFKC", normalize("NFKC", email).casefold()).strip()
    local, at, domain = folded.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"
