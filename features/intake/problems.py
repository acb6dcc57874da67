"""What is wrong with rows: all faults of a row together, and notes that refuse nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from features.messages import Message

_SHOWN_CHARACTERS = 60
_SHOWN_ROWS = 5


@dataclass(frozen=True)
class Fault:
    """What is wrong with a cell: told with its value (`zh`, `en`), and as a `reason` without it.

    `label` is the column, or the columns joined by 、; empty where no column is to blame.
    """

    zh: str
    en: str
    label: str
    reason: Message


def at_value(label: str, value: str, message: Message, *, reason: Message | None = None) -> Fault:
    """A fault with the column and the value it was found in.

    `reason` is `message` without anything that differs from row to row, where it has such.
    """
    shown = value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "…"
    general = reason or message
    return Fault(
        zh=f"【{label}】“{shown}”{message.zh}",
        en=f'[{label}] "{shown}" {message.en}',
        label=label,
        reason=Message(f"【{label}】{general.zh}", f"[{label}] {general.en}"),
    )


class RowFaults:
    """Faults of the rows of one chunk; a row with any fault is rejected whole."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._frames: list[pd.DataFrame] = []

    def add(
        self,
        rows: Any,
        zh: str | Sequence[str] | Any,
        en: str | Sequence[str] | Any,
        *,
        label: str = "",
        reason: Message | None = None,
    ) -> None:
        """Say `zh` and `en` (one text, or one a row) of `rows` (places in the chunk).

        `reason` says the same of all rows; it may be left out where `zh` and `en` do.
        """
        if len(rows):
            self._add(
                rows,
                zh=zh,
                en=en,
                label=label,
                reason_zh=reason.zh if reason else zh,
                reason_en=reason.en if reason else en,
            )

    def say_only(self, rows: Any, message: Message) -> None:
        """Say `message` of `rows` instead of everything else found there."""
        self._frames = [frame[~frame["row"].isin(rows)] for frame in self._frames]
        self.add(rows, message.zh, message.en)

    def add_coded(self, rows: Any, codes: Any, faults: Mapping[int, Fault]) -> None:
        """Say ``faults[code]`` of each row whose code has a fault."""
        if not faults:
            return
        bad = np.isin(codes, np.fromiter(faults, dtype=np.int64))
        told = [faults[code] for code in codes[bad].tolist()]
        if not told:
            return
        self._add(
            rows[bad],
            zh=[fault.zh for fault in told],
            en=[fault.en for fault in told],
            label=[fault.label for fault in told],
            reason_zh=[fault.reason.zh for fault in told],
            reason_en=[fault.reason.en for fault in told],
        )

    def rejected(self) -> Any:
        """Which rows have a fault (boolean array)."""
        mask = np.zeros(self._rows, dtype=bool)
        for frame in self._frames:
            mask[frame["row"].to_numpy()] = True
        return mask

    def texts(self) -> dict[int, str]:
        """By row: its Chinese faults in one line, the English in the next."""
        if not self._frames:
            return {}
        told = self._all()[["row", "zh", "en"]].drop_duplicates().groupby("row", sort=True)
        joined = told["zh"].agg("；".join) + "\n" + told["en"].agg("; ".join)
        return {int(row): str(text) for row, text in joined.items()}  # type: ignore[call-overload]

    def cells(self) -> dict[int, dict[str, str]]:
        """By row and label: what is wrong with that cell, Chinese and English."""
        found: dict[int, dict[str, str]] = {}
        if self._frames:
            told = self._all()
            told = told[told["label"] != ""].drop_duplicates(["row", "label", "zh"])
            columns = (told[name].tolist() for name in ("row", "label", "zh", "en"))
            for row, label, zh, en in zip(*columns, strict=True):  # rejected rows only
                before = found.setdefault(row, {}).get(label)
                text = f"{zh}\n{en}"
                found[row][label] = text if before is None else f"{before}\n{text}"
        return found

    def reasons(self) -> dict[Message, int]:
        """Rows by reason; a row with several faults counts under each."""
        if not self._frames:
            return {}
        told = self._all()[["row", "reason_zh", "reason_en"]].drop_duplicates()
        sizes = told.groupby(["reason_zh", "reason_en"], sort=False).size()
        return {Message(*reason): int(rows) for reason, rows in sizes.items()}  # type: ignore[misc]

    def _add(self, rows: Any, **columns: Any) -> None:
        self._frames.append(pd.DataFrame({"row": np.asarray(rows), **columns}))

    def _all(self) -> pd.DataFrame:
        return pd.concat(self._frames, ignore_index=True)


@dataclass
class _Note:
    message: Message
    example: Message | None = None
    count: int = 0
    rows: list[int] = field(default_factory=list)


class Notes:
    """Warnings of an import: one line a subject, with a count and the first rows."""

    def __init__(self) -> None:
        self._notes: dict[str, _Note] = {}

    def add(
        self, message: Message, *, row_numbers: Any = (), example: Message | None = None
    ) -> None:
        """Count `message` for the rows with these numbers; once when there are none."""
        note = self._notes.setdefault(message.zh, _Note(message, example))
        note.count += len(row_numbers)
        room = _SHOWN_ROWS - len(note.rows)
        note.rows.extend(int(number) for number in row_numbers[:room])

    def messages(self) -> tuple[Message, ...]:
        """The notes in the order of their first appearance."""
        return tuple(_with_rows(note) for note in self._notes.values())


def _with_rows(note: _Note) -> Message:
    zh, en = note.message
    if note.count:
        rows = ", ".join(str(row) for row in note.rows)
        rows += "…" if note.count > len(note.rows) else ""
        zh, en = f"{zh}（{note.count} 行：{rows}）", f"{en} ({note.count} rows: {rows})"
    if note.example is not None:
        zh, en = f"{zh}；例如{note.example.zh}", f"{en}; for instance {note.example.en}"
    return Message(zh, en)
