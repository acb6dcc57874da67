"""Numbers with their check characters, for whole columns at once.

The nine-character body of every credit code begins with XN, which no registration authority hands
out: the codes pass every check and belong to nobody.
"""

import numpy as np

from features.identifiers import USCC_ALPHABET
from features.simulation.arrays import Array, padded

_BODY_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_SIMULATED_BODY = "XN"


def credit_codes(prefixes: Array, *, areas: Array, serials: Array) -> Array:
    """Unified social credit codes with valid check characters.

    Parameters
    ----------
    prefixes, areas, serials
        Two characters (91, 92, 93), six digits, and a number below 31 ** 6, per enterprise.

    References
    ----------
    GB 32100-2015 (mod 31, weights 3 ** i) and GB 11714-1997 for the ninth body character.
    """
    digits = np.zeros((len(serials), 18), dtype=np.uint8)
    digits[:, :8] = _characters(np.strings.add(prefixes, areas), 8)
    digits[:, 8:10] = _characters(np.array([_SIMULATED_BODY]), 2)
    alphabet = np.frombuffer(USCC_ALPHABET.encode(), dtype=np.uint8)
    rest = np.asarray(serials, dtype=np.int64)
    for position in range(15, 9, -1):
        rest, value = np.divmod(rest, 31)
        digits[:, position] = alphabet[value]
    digits[:, 16] = _body_check(digits[:, 8:16])
    weights = np.array([pow(3, position, 31) for position in range(17)])
    total = _values(digits[:, :17], USCC_ALPHABET) @ weights
    digits[:, 17] = alphabet[-total % 31]
    return digits.view("S18").ravel().astype(np.str_)


def food_licence_numbers(prefix: str, heads: Array, *, serials: Array) -> Array:
    """SC, JY or YB numbers: prefix, `heads`, the serial, and a check digit over 13 digits.

    The serial fills what the heads leave of the 13 digits (kind, area).
    """
    if not len(heads):
        return np.array([], dtype=np.str_)
    width = 13 - int(np.strings.str_len(heads[:1])[0])
    body = np.strings.add(heads, padded(serials, width))
    return np.strings.add(prefix, np.strings.add(body, _mod_11_10(body)))


def registration_numbers(areas: Array, *, kinds: Array, serials: Array) -> Array:
    """15-digit registration numbers of GS 15-2006: area, kind digit, serial, check digit."""
    body = np.strings.add(np.strings.add(areas, kinds), padded(serials, 7))
    return np.strings.add(body, _mod_11_10(body))


def _characters(text: Array, width: int) -> Array:
    """ASCII text of one width as a matrix of bytes."""
    return np.ascontiguousarray(text.astype(f"S{width}")).view(np.uint8).reshape(-1, width)


def _values(characters: Array, alphabet: str) -> Array:
    """Place of each byte in its alphabet."""
    table = np.zeros(256, dtype=np.int64)
    table[np.frombuffer(alphabet.encode(), dtype=np.uint8)] = np.arange(len(alphabet))
    return np.asarray(table[characters])


def _body_check(bodies: Array) -> Array:
    """Check characters of organisation codes, as bytes."""
    check = 11 - _values(bodies, _BODY_ALPHABET) @ np.array(_BODY_WEIGHTS) % 11
    return np.asarray(np.frombuffer(b"0123456789X", dtype=np.uint8)[check % 11])


def _mod_11_10(bodies: Array) -> Array:
    """Check digits of GB/T 17710, system MOD 11,10, as text."""
    if not len(bodies):
        return np.array([], dtype=np.str_)
    digits = _characters(bodies, int(np.strings.str_len(bodies[:1])[0])).astype(np.int64) - 48
    product = np.full(len(digits), 10)
    for position in range(digits.shape[1]):
        total = (product + digits[:, position]) % 10
        product = 2 * np.where(total == 0, 10, total) % 11
    return np.asarray(((11 - product) % 10).astype(np.str_))
