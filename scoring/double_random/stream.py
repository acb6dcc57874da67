"""Whole numbers from a seed: SHA-256 counters and rejection, no library of random numbers.

Block number i of a stream is SHA-256(seed 1F purpose 1F i), which `printf` and `sha256sum` print
too; it holds four words of 64 bits, most significant byte first.
"""

import hashlib

import numpy as np
import numpy.typing as npt

WORDS = 4
WORD_LIMIT = 1 << 64
Words = npt.NDArray[np.uint64]


class Stream:
    """Words of one purpose of a round, each used once and in order."""

    def __init__(self, seed: str, purpose: str) -> None:
        self._prefix = f"{seed}\x1f{purpose}\x1f".encode()
        self._block = 0
        self._left: Words = np.empty(0, dtype=np.uint64)

    def words(self, number: int) -> Words:
        """The next `number` words."""
        blocks = max(0, -(-(number - len(self._left)) // WORDS))
        prefix, sha256 = self._prefix, hashlib.sha256
        # SHA-256 hashes one message a call: it has no column form, so an iteration it is.
        fresh = b"".join(
            [sha256(prefix + b"%d" % i).digest() for i in range(self._block, self._block + blocks)]
        )
        self._block += blocks
        words = np.concatenate([self._left, np.frombuffer(fresh, dtype=">u8").astype(np.uint64)])
        self._left = words[number:]
        return words[:number]

    def below(self, bound: int, number: int) -> Words:
        """`number` whole numbers from 0 to `bound` - 1, every one exactly equally likely.

        A word of the last, incomplete run of `bound` values is passed over.
        """
        fitting = WORD_LIMIT - WORD_LIMIT % bound
        found = np.empty(0, dtype=np.uint64)
        while len(found) < number:
            words = self.words(number - len(found))
            if fitting < WORD_LIMIT:
                words = words[words < np.uint64(fitting)]
            found = np.concatenate([found, words % np.uint64(bound)])
        return found
