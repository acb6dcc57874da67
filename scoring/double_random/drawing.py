"""Seed, tickets and the drawn: SHA-256 and whole numbers, nothing else.

References
----------
国办发〔2015〕58号 and 优化营商环境条例 art. 54: objects and inspectors are chosen at random. What
makes the chance public and repeatable is design, not law; docs/draw.md tells it to a citizen.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.double_random.commitment import gather_digests
from scoring.double_random.documents import VERSION, PlannedStratum, StratumCount
from scoring.double_random.frame import Frame
from scoring.double_random.strata import check_strata, reserves_in, visits_in

_UNIT = "\x1f"
SELECTED_HEADER = "uscc,stratum,rank,role,ticket"


@dataclass(frozen=True)
class Selection:
    """Drawn enterprises and reserves, by stratum (as in the plan) and rank.

    All columns have one row per chosen enterprise. `rank` starts at 1 in every stratum.
    """

    uscc: tuple[str, ...]
    stratum: tuple[str, ...]
    rank: tuple[int, ...]
    is_drawn: tuple[bool, ...]
    ticket: tuple[str, ...]
    counts: tuple[StratumCount, ...]

    def drawn(self) -> list[tuple[str, str, str]]:
        """(ticket, uscc, stratum) of the drawn enterprises in the order of their tickets."""
        rows = zip(self.ticket, self.uscc, self.stratum, self.is_drawn, strict=True)
        return sorted((ticket, uscc, stratum) for ticket, uscc, stratum, drawn in rows if drawn)

    def reserves_of_drawn(self) -> dict[str, tuple[str, ...]]:
        """For every drawn enterprise, the reserves of its stratum by rank."""
        reserves: dict[str, list[str]] = {count.stratum: [] for count in self.counts}
        for uscc, stratum, drawn in zip(self.uscc, self.stratum, self.is_drawn, strict=True):
            if not drawn:
                reserves[stratum].append(uscc)
        listed = {stratum: tuple(codes) for stratum, codes in reserves.items()}
        rows = zip(self.uscc, self.stratum, self.is_drawn, strict=True)
        return {uscc: listed[stratum] for uscc, stratum, drawn in rows if drawn}

    def to_csv(self) -> bytes:
        """The rows of selected.csv."""
        roles = ("drawn" if drawn else "reserve" for drawn in self.is_drawn)
        rows = zip(self.uscc, self.stratum, map(str, self.rank), roles, self.ticket, strict=True)
        return "".join(f"{line}\n" for line in (SELECTED_HEADER, *map(",".join, rows))).encode()


def make_seed(*, round_id: str, frame_root: str, plan_hash: str, randomness: str) -> str:
    """The round's seed, 64 hexadecimal digits."""
    parts = (VERSION, round_id, frame_root, plan_hash, randomness)
    return hashlib.sha256(_UNIT.join(parts).encode()).hexdigest()


def make_ticket(seed: str, uscc: str) -> str:
    """Ticket of one enterprise, 64 hexadecimal digits: what `sha256sum` prints."""
    return hashlib.sha256(f"{seed}{_UNIT}{uscc}".encode()).hexdigest()


def select(
    frame: Frame, strata: Sequence[PlannedStratum], *, seed: str, reserve_per_mille: int
) -> Selection:
    """The n_h smallest tickets of every stratum, and the next ranks as reserves.

    Equal tickets (2^-256) go by the byte order of the codes.

    Raises
    ------
    StratumError
        Plan and frame do not have the same strata.
    """
    check_strata(strata, frame.populations())
    counts = tuple(
        StratumCount(
            stratum=stratum.stratum,
            population=stratum.population,
            drawn=visits_in(stratum),
            reserves=reserves_in(stratum, reserve_per_mille=reserve_per_mille),
        )
        for stratum in strata
    )
    codes = _codes_in_plan_order(frame, strata)
    digests = _ticket_digests(seed, frame)
    order, ranks = _rank(codes, digests, sizes=[count.population for count in counts])
    drawn = np.array([count.drawn for count in counts], dtype=np.int64)[codes[order]]
    kept = np.array([count.drawn + count.reserves for count in counts], dtype=np.int64)[
        codes[order]
    ]
    chosen = np.flatnonzero(ranks <= kept)
    rows = order[chosen]
    return Selection(
        uscc=tuple(code.decode() for code in frame.codes.take(pa.array(rows)).to_pylist()),
        stratum=tuple(strata[code].stratum for code in codes[rows]),
        rank=tuple(ranks[chosen].tolist()),
        is_drawn=tuple((ranks <= drawn)[chosen].tolist()),
        ticket=tuple(digests[32 * row : 32 * row + 32].hex() for row in rows.tolist()),
        counts=counts,
    )


def _ticket_digests(seed: str, frame: Frame) -> bytes:
    prefix, sha256 = f"{seed}{_UNIT}".encode(), hashlib.sha256
    # SHA-256 hashes one message a call: it has no column form, so an iteration it is.
    return gather_digests(
        sha256(prefix + uscc).digest() for chunk in frame.chunks() for uscc in chunk
    )


def _codes_in_plan_order(frame: Frame, strata: Sequence[PlannedStratum]) -> npt.NDArray[np.int64]:
    place = {stratum.stratum: number for number, stratum in enumerate(strata)}
    return np.array([place[name] for name in frame.stratum_names], dtype=np.int64)[
        frame.stratum_codes
    ]


def _rank(
    codes: npt.NDArray[np.int64], digests: bytes, *, sizes: Sequence[int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Row numbers by (stratum, ticket, code), and the rank of each within its stratum."""
    words = np.frombuffer(digests, dtype=">u8").reshape(-1, 4)
    # lexsort takes its last key first and is stable, so that the frame's order breaks ties.
    first = words[:, 0].astype(np.uint64)
    order = np.lexsort((first, codes))
    if (np.diff(first[order]) == 0).any():
        # Two tickets share 64 bits (about one draw of 18 million rows in 100,000): use all 256.
        order = np.lexsort((words[:, 3], words[:, 2], words[:, 1], first, codes))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    ranks = np.arange(len(order), dtype=np.int64) - starts[codes[order]] + 1
    return order.astype(np.int64), ranks
