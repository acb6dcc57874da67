"""The Merkle root that binds the office to its frame before anybody knows the randomness.

The tree is that of RFC 9162 section 2.1.1 (the same as RFC 6962). A leaf is salted: without the
salt, anybody could try the four grades of a firm until the leaf fits, and grades are not public.
Every row has a salt of its own, made from one key, so that one row can be opened to its enterprise
without opening the others. Everything is text, so that `printf` and `sha256sum` can follow.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from scoring.double_random.frame import CHUNK, SEPARATOR, Frame
from scoring.errors import EvidenceError

_DIGEST = 32


def row_salt(salt_key: str, uscc: str) -> str:
    """Salt of one row: SHA-256(key 1F uscc), 64 hexadecimal digits."""
    return hashlib.sha256(f"{salt_key}\x1f{uscc}".encode()).hexdigest()


def frame_root(frame: Frame, *, salt_key: str) -> str:
    """Merkle root of the frame's salted rows, 64 hexadecimal digits.

    Raises
    ------
    EvidenceError
        The salt key is not 64 hexadecimal digits.
    """
    if not re.fullmatch("[0-9a-f]{64}", salt_key):
        raise EvidenceError(
            "盐密钥应为 64 位十六进制数", "The salt key must be 64 hexadecimal digits"
        )
    return merkle_root(_salted_rows(frame, salt_key)).hex()


def _salted_rows(frame: Frame, salt_key: str) -> Iterator[bytes]:
    prefix, sha256 = salt_key.encode() + SEPARATOR, hashlib.sha256
    names = [SEPARATOR + name.encode() for name in frame.stratum_names]
    strata = iter(frame.stratum_codes.tolist())
    for chunk in frame.chunks():
        for uscc in chunk:
            yield sha256(prefix + uscc).hexdigest().encode() + uscc + names[next(strata)]


def gather_digests(digests: Iterator[bytes]) -> bytes:
    """One run of bytes from many digests, some at a time."""
    gathered = bytearray()
    while chunk := b"".join(islice(digests, CHUNK)):
        gathered += chunk
    return bytes(gathered)


@dataclass(frozen=True)
class Proof:
    """A leaf's way to the root (RFC 9162 section 2.1.3): `path` holds the hashes to be joined.

    A join is ``left HASH`` where the hash stands to the left, ``right HASH`` where to the right.
    """

    index: int
    leaf: str
    path: tuple[str, ...]


def frame_proofs(frame: Frame, indices: Sequence[int], *, salt_key: str) -> list[Proof]:
    """Proofs for the rows of these numbers, counted from 0 in the frame's order."""
    level = _leaf_level(_salted_rows(frame, salt_key))
    leaves = [_digest(level, index).hex() for index in indices]
    paths: list[list[str]] = [[] for _ in indices]
    places = list(indices)
    while len(level) > _DIGEST:
        for path, place in zip(paths, places, strict=True):
            beside = place ^ 1
            if beside * _DIGEST < len(level):
                side = "left" if beside < place else "right"
                path.append(f"{side} {_digest(level, beside).hex()}")
        level, places = _parents(level), [place // 2 for place in places]
    return [
        Proof(index, leaf, tuple(path))
        for index, leaf, path in zip(indices, leaves, paths, strict=True)
    ]


def root_of_proof(proof: Proof) -> str:
    """The root that a proof leads to."""
    node = bytes.fromhex(proof.leaf)
    for step in proof.path:
        side, text = step.split()
        other = bytes.fromhex(text)
        node = hashlib.sha256(b"\x01" + (other + node if side == "left" else node + other)).digest()
    return node.hex()


def _digest(level: bytes, place: int) -> bytes:
    return level[place * _DIGEST : (place + 1) * _DIGEST]


def _leaf_level(leaves: Iterable[bytes]) -> bytes:
    # SHA-256 hashes one message a call: there is no column form of it, so an iteration it is.
    # A level is one run of bytes, since 18 million digests as objects would take 1.3 GB.
    sha256 = hashlib.sha256
    return gather_digests(sha256(b"\x00" + leaf).digest() for leaf in leaves)


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Root of the tree over the leaf data, in order; SHA-256 of nothing for no leaf."""
    level = _leaf_level(leaves)
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > _DIGEST:
        level = _parents(level)
    return level


def _parents(level: bytes) -> bytes:
    # The last node of an odd level moves up as it is, which is what splitting at the largest
    # power of two amounts to.
    odd = len(level) % (2 * _DIGEST)
    pairs = range(0, len(level) - odd, 2 * _DIGEST)
    sha256 = hashlib.sha256
    parents = (sha256(b"\x01" + level[at : at + 2 * _DIGEST]).digest() for at in pairs)
    return gather_digests(parents) + level[len(level) - odd :]
