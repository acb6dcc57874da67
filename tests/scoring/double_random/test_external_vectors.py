"""Published vectors of other people's public draws, met by the same parts that ours is made of."""

import hashlib

import numpy as np

from scoring.double_random.drawing import _rank
from scoring.double_random.randomness import OFFICE_ZONE, check_randomness, read_instant

RFC_3797_KEY = "9319./2.5.8.10.12./9.18.26.34.41.45./"
RFC_3797_SELECTED = [17, 7, 2, 16, 25, 23, 8, 24, 19, 13, 22, 5, 18, 9, 1, 4]


def test_the_key_of_rfc_3797_comes_through_unchanged_and_gives_its_selection() -> None:
    """Section 6: pool of 25. One byte lost on the way would select others."""
    at = read_instant("2026-11-30T21:15")
    key = check_randomness(
        RFC_3797_KEY,
        name="RFC 3797",
        at=at,
        announced_name="RFC 3797",
        frozen_at=at.replace(day=29),
        drawn_at=at.replace(hour=22).astimezone(OFFICE_ZONE),
        minimum_bits=48,
    )
    pool, selected = list(range(1, 26)), []
    for number in range(len(RFC_3797_SELECTED)):
        around = number.to_bytes(2, "big")
        digest = hashlib.md5(around + key.encode() + around, usedforsecurity=False).digest()
        selected.append(pool.pop(int.from_bytes(digest, "big") % len(pool)))
    assert selected == RFC_3797_SELECTED


def test_rivests_consistent_sampler_and_ranks_by_its_digests() -> None:
    """Tickets hash a hexadecimal seed and a code, as his do; ours are compared as digests."""
    seed = hashlib.sha256(b"01382438112797316654").hexdigest()

    def digest(name: str) -> bytes:
        return hashlib.sha256(f"{seed}{name}".encode()).digest()

    # He reads the decimal digits of the digest backwards, last digit first.
    assert "0." + str(int.from_bytes(digest("AB-130"), "big"))[::-1][:12] == "0.262997141228"
    names = [f"AB-{number}" for number in range(100, 200)]
    order, _ = _rank(
        np.zeros(len(names), dtype=np.int64), b"".join(map(digest, names)), sizes=[len(names)]
    )
    assert [names[place] for place in order] == sorted(names, key=lambda n: digest(n).hex())
