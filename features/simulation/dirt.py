"""Dirt: what departments' files have wrong with them, put in on purpose and counted.

No row gets two kinds, so the counts add up: every row of a kind whose effect is ``reject`` is one
row that the intake must refuse, and no other row may be refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from features.identifiers import USCC_ALPHABET
from features.simulation.arrays import Array, joined, optional, padded, stream, take
from features.simulation.source_file import ID_COLUMN, KNOWN_COLUMN, SourceFile

REJECT, ACCEPT, WARN, DUPLICATE = "reject", "accept", "warn", "duplicate"
LATE_AFTER_DAYS: Final = 60
_FEWEST_ROWS: Final = 100  # a smaller file would be more dirt than file
_LAYOUTS_WITH_TEXT: Final = ("csv", "excel")


@dataclass(frozen=True)
class Dirt:
    """One kind of dirt: what the intake makes of it, and its share of a file's rows.

    `spoil` changes rows of a file whose columns were made loose for it.
    """

    name: str
    effect: str
    share: float
    spoil: Callable[[SourceFile, Array], None]
    layouts: tuple[str, ...] = ("csv", "excel", "parquet")


def _letter_o(file: SourceFile, rows: Array) -> None:
    codes = file.columns[ID_COLUMN][rows].astype(np.str_)
    file.columns[ID_COLUMN][rows] = np.strings.replace(codes, "0", "O", 1)


def _wrong_check(file: SourceFile, rows: Array) -> None:
    characters = file.columns[ID_COLUMN][rows].astype("U18").view("U1").reshape(-1, 18)
    alphabet = np.array(list(USCC_ALPHABET))
    place = np.searchsorted(alphabet, characters[:, 17])
    characters[:, 17] = alphabet[(place + 1) % len(alphabet)]
    file.columns[ID_COLUMN][rows] = characters.view("U18").ravel()


def _full_width(file: SourceFile, rows: Array) -> None:
    points = file.columns[ID_COLUMN][rows].astype("U18").view(np.uint32)
    is_digit = (points >= ord("0")) & (points <= ord("9"))
    points = np.where(is_digit, points + (ord("０") - ord("0")), points).astype(np.uint32)
    file.columns[ID_COLUMN][rows] = points.view("U18")


def _impossible_day(file: SourceFile, rows: Array) -> None:
    wrong = np.array(["2021/13/45", "20210231", "2023-02-30", "2022年14月03日"])
    file.columns[file.event_column][rows] = wrong[np.arange(len(rows)) % len(wrong)]


def _excel_serial(file: SourceFile, rows: Array) -> None:
    days = file.columns[file.event_column][rows].astype("datetime64[D]").astype(int)
    file.columns[file.event_column][rows] = days + 25_569  # 1970-01-01 in a spreadsheet


def _mixed_day(file: SourceFile, rows: Array) -> None:
    days = file.columns[file.event_column][rows].astype("datetime64[D]")
    year = days.astype("datetime64[Y]").astype(int) + 1970
    month = days.astype("datetime64[M]").astype(int) % 12 + 1
    day = (days - days.astype("datetime64[M]")).astype(int) + 1
    styles = np.stack(
        [
            joined(year.astype(np.str_), "/", month.astype(np.str_), "/", day.astype(np.str_)),
            joined(year.astype(np.str_), "年", padded(month, 2), "月", padded(day, 2), "日"),
            joined(year.astype(np.str_), padded(month, 2), padded(day, 2)),
        ]
    )
    file.columns[file.event_column][rows] = styles[np.arange(len(rows)) % 3, np.arange(len(rows))]


def _unknown_code(file: SourceFile, rows: Array) -> None:
    if file.code_column is not None:
        file.columns[file.code_column][rows] = "未知（Ｘ）"


def _blank(file: SourceFile, rows: Array) -> None:
    file.columns[file.required_column][rows] = None


def _nothing(file: SourceFile, rows: Array) -> None:
    """A second copy of a row, or the totals, are made when all other dirt is in."""


KINDS: Final = (
    Dirt("letter_o_in_uscc", REJECT, 0.0010, _letter_o),
    Dirt("wrong_check_character", REJECT, 0.0012, _wrong_check),
    Dirt("impossible_day", REJECT, 0.0012, _impossible_day, _LAYOUTS_WITH_TEXT),
    Dirt("excel_serial_day", REJECT, 0.0010, _excel_serial, ("excel",)),
    Dirt("unknown_code", REJECT, 0.0010, _unknown_code),
    Dirt("blank_required", REJECT, 0.0010, _blank),
    Dirt("full_width_digits", WARN, 0.0020, _full_width),
    Dirt("mixed_day_format", ACCEPT, 0.0040, _mixed_day, _LAYOUTS_WITH_TEXT),
    Dirt("duplicate_row", DUPLICATE, 0.0040, _nothing),
    Dirt("totals_row", REJECT, 0.0, _nothing, _LAYOUTS_WITH_TEXT),
)


@dataclass(frozen=True)
class DirtyFile:
    """A file ready to be written, and what is wrong with it."""

    file: SourceFile
    counts: dict[str, int]
    late_rows: int

    @property
    def rejected_rows(self) -> int:
        """Rows that the intake must refuse."""
        return sum(self.counts.get(kind.name, 0) for kind in KINDS if kind.effect == REJECT)


def dirtied(file: SourceFile, *, seed: int) -> DirtyFile:
    """`file` with its share of every kind of dirt."""
    rng = stream(seed, f"dirt {file.source}")
    kinds = [kind for kind in KINDS if _applies(kind, file)]
    wanted = [_count(kind, file.rows) for kind in kinds]
    rows = rng.permutation(file.rows)[: sum(wanted)]
    parts = dict(zip([k.name for k in kinds], np.split(rows, np.cumsum(wanted)[:-1]), strict=True))
    late = _is_late(file)
    columns = dict(file.columns)
    for name in {ID_COLUMN, file.event_column, file.required_column, file.code_column} - {None}:
        columns[str(name)] = _loose(columns[str(name)], as_text=file.layout == "csv")
    loose = file.with_columns(columns)
    for kind in kinds:
        if len(parts[kind.name]):
            kind.spoil(loose, parts[kind.name])
    copies = np.ones(file.rows, dtype=int)
    copies[parts["duplicate_row"]] = 2
    counts = {name: len(spoilt) for name, spoilt in parts.items() if len(spoilt)}
    whole = file.with_columns(take(columns, np.repeat(np.arange(file.rows), copies)))
    if "totals_row" in counts:
        whole = _with_totals(whole, of=file)
    return DirtyFile(file=whole, counts=counts, late_rows=int(np.repeat(late, copies).sum()))


def _with_totals(file: SourceFile, *, of: SourceFile) -> SourceFile:
    """The file with a last row that only says 合计 and the sum of one column of `of`."""
    first, totalled = next(iter(file.columns)), str(of.totalled_column)
    last = {first: "合计", totalled: np.round(of.columns[totalled].sum(), 4)}
    return file.with_columns(
        {
            name: np.append(
                _loose(values, as_text=file.layout == "csv"),
                np.array([last.get(name)], dtype=object),
            )
            for name, values in file.columns.items()
        }
    )


def _applies(kind: Dirt, file: SourceFile) -> bool:
    if kind.name == "unknown_code" and file.code_column is None:
        return False
    if kind.name == "totals_row" and file.totalled_column is None:
        return False
    return file.layout in kind.layouts


def _count(kind: Dirt, rows: int) -> int:
    return max(1, round(kind.share * rows)) if rows >= _FEWEST_ROWS else 0


def _is_late(file: SourceFile) -> Array:
    """Rows that the office knew of long after the event."""
    waited = file.columns[KNOWN_COLUMN] - file.columns[file.event_column]
    return np.asarray(waited.astype(int) > LATE_AFTER_DAYS)


def _loose(values: Array, *, as_text: bool) -> Array:
    """A copy that can hold text of any length beside days (of Python, or as text)."""
    if as_text and values.dtype.kind == "M":
        return optional(np.datetime_as_string(values, unit="D"), ~np.isnat(values))
    return values.astype(object)
