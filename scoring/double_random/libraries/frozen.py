"""The libraries as a round found them: editions, tables and the change log since the last draw.

They go into the evidence folder and into the plan's hashes, and so into the seed. Whoever holds the
folder can compute again which objects and inspectors the editions gave the round.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import pandas as pd
from pydantic import AwareDatetime

from features.messages import Message
from law.errors import XinhengError
from scoring.double_random.documents import Count, Document, Round, Sha256
from scoring.double_random.libraries.editions import compare_editions
from scoring.double_random.libraries.ready import hand_in_tables
from scoring.double_random.libraries.shapes import LIBRARIES, read_library
from scoring.double_random.tables import (
    AVOIDANCE,
    INSPECTORS,
    ITEM_OBJECTS,
    ITEMS,
    canonical_table,
    read_table,
)
from scoring.errors import LibraryError, refuse

FROZEN_RECORD: Final = "libraries.json"
FROZEN_CHANGES: Final = "library_changes.csv"
_ITEM_COLUMNS = ["item", "department", "matter", "lead", "kind"]


class HeldEdition(Document):
    """An edition that a round took; number 0 where nothing was confirmed."""

    number: Count
    confirmed_by: str
    confirmed_at: AwareDatetime | None
    rows: Count


class FrozenLibraries(Document):
    """Which editions a round took on day `on`, for `items` (the first leads).

    `changes` counts the rows of ``library_changes.csv``: objects added, adjusted and deleted since
    the edition that the round `since` was drawn from; no rows where there was no such round.
    """

    version: Literal["xinheng-libraries/1"]
    on: date
    items: tuple[str, ...]
    minimum_inspectors: Count
    editions: dict[str, HeldEdition]
    since: Round | None
    since_edition: Count
    changes: dict[str, Count]
    files: dict[str, Sha256]


@dataclass(frozen=True)
class Held:
    """The newest edition of a library: its table, and its record in short."""

    table: pd.DataFrame
    edition: HeldEdition


def frozen_name(library: str) -> str:
    """What the table of a library is called in an evidence folder."""
    return f"library_{library}.csv"


def freeze_libraries(
    held: Mapping[str, Held],
    items: Sequence[str],
    *,
    on: date,
    minimum: int,
    since: tuple[str, int, pd.DataFrame] | None,
) -> dict[str, bytes]:
    """libraries.json, the tables of all libraries, and the change log of the objects.

    `since` is the last drawn round, the edition of objects that it took, and their rows.
    """
    files = {frozen_name(name): canonical_table(one.table) for name, one in held.items()}
    objects = held["objects"].table
    before = objects if since is None else since[2]
    log, _ = compare_editions(before, objects, key=LIBRARIES["objects"].key)
    files[FROZEN_CHANGES] = canonical_table(log)
    counts = log["change"].value_counts()
    record = FrozenLibraries(
        version="xinheng-libraries/1",
        on=on,
        items=tuple(items),
        minimum_inspectors=minimum,
        editions={name: one.edition for name, one in held.items()},
        since=None if since is None else since[0],
        since_edition=0 if since is None else since[1],
        changes={one: int(counts.get(one, 0)) for one in ("added", "adjusted", "deleted")},
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )
    return {**files, FROZEN_RECORD: record.to_bytes()}


def check_frozen(files: Mapping[str, bytes]) -> list[Message]:
    """What of a round's tables does not follow from the libraries frozen with it; none if all does.

    `files` are those of an evidence folder, or of a plan in the making. Ratios by item are the
    office's to set and are not compared.
    """
    try:
        record = FrozenLibraries.read(files[FROZEN_RECORD], name=FROZEN_RECORD)
        refuse(LibraryError, _changed(record, files))
        libraries = {name: read_library(name, files[frozen_name(name)]) for name in LIBRARIES}
        expected = hand_in_tables(
            libraries, record.items, on=record.on, minimum=record.minimum_inspectors
        )
    except XinhengError as error:
        return [Message(error.zh, error.en)]
    return [
        Message(
            f"{shape.zh} {shape.file} 与冻结的名录库（{FROZEN_RECORD}）不符；请更新名录库后重新"
            " xinheng library hand-in",
            f"{shape.file} does not follow from the libraries frozen in {FROZEN_RECORD}; bring the"
            " libraries up to date and hand in again",
        )
        for shape in (ITEMS, ITEM_OBJECTS, INSPECTORS, AVOIDANCE)
        if not _same(
            read_table(files.get(shape.file), shape),
            read_table(canonical_table(expected[shape.file]), shape),
            columns=_ITEM_COLUMNS if shape is ITEMS else [*shape.columns, *shape.optional],
        )
    ]


def _same(found: pd.DataFrame, expected: pd.DataFrame, *, columns: Sequence[str]) -> bool:
    return found[list(columns)].equals(expected[list(columns)])


def _changed(record: FrozenLibraries, files: Mapping[str, bytes]) -> list[Message]:
    needed = {FROZEN_CHANGES, *map(frozen_name, LIBRARIES)}
    return [
        Message(
            f"{name} 缺失或与 {FROZEN_RECORD} 的哈希不符",
            f"{name} is missing or does not have the hash in {FROZEN_RECORD}",
        )
        for name in sorted(needed | record.files.keys())
        if name not in files or hashlib.sha256(files[name]).hexdigest() != record.files.get(name)
    ]
