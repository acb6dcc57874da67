"""Natural persons as keyed hashes: intake writes them, credit checks look them up."""

import hmac

from features.intake.text import plain

# Between the parts: not a blank, so tidying keeps it.
SEPARATOR = "\x01"
_HASH_CHARACTERS = 32


def hash_person(*parts: str, key: bytes) -> str:
    """HMAC-SHA256 of a person's parts (number, or name and number), 32 hexadecimal digits.

    The parts are brought to half width and upper case without blanks first: the same person gets
    the same hash however a department typed it, and nobody's name can be read from it.
    """
    text = SEPARATOR.join(plain(part).upper() for part in parts)
    return hmac.digest(key, text.encode(), "sha256").hex()[:_HASH_CHARACTERS]
