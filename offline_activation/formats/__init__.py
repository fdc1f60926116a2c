"""What travels: bytes to frozen values and back, pure and strict."""
