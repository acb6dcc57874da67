"""What is wrong with rows: all faults of a row together, and notes that refuse nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from features.messages import Message

_SHOWN_CHARACTERS = 60
_SHOWN_ROWS = 5


def at_value(label: str, value: str, message: Message) -> Message:
    """A fault with the column and the value it was found in."""
    shown = value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "…"
    return Message(f"【{label}】“{shown}”{message.zh}", f'[{label}] "{shown}" {message.en}')


class RowFaults:
    """Faults of the rows of one chunk; a row with any fault is rejected whole."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._frames: list[pd.DataFrame] = []

    def add(self, rows: Any, zh: str | Sequence[str] | Any, en: str | Sequence[str] | Any) -> None:
        """Say `zh` and `en` (one text, or one a row) of `rows` (places in the chunk)."""
        if len(rows):
            self._frames.append(pd.DataFrame({"row": np.asarray(rows), "zh": zh, "en": en}))

    def say_only(self, rows: Any, message: Message) -> None:
        """Say `message` of `rows` instead of everything else found there."""
        self._frames = [frame[~frame["row"].isin(rows)] for frame in self._frames]
        self.add(rows, message.zh, message.en)

    def add_coded(self, rows: Any, codes: Any, faults: Mapping[int, Message]) -> None:
        """Say ``faults[code]`` of each row whose code has a fault."""
        if not faults:
            return
        bad = np.isin(codes, np.fromiter(faults, dtype=np.int64))
        told = pd.Series(codes[bad])
        self.add(
            rows[bad],
            told.map({code: fault.zh for code, fault in faults.items()}).to_numpy(),
            told.map({code: fault.en for code, fault in faults.items()}).to_numpy(),
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
        told = pd.concat(self._frames).drop_duplicates().groupby("row", sort=True)
        joined = told["zh"].agg("；".join) + "\n" + told["en"].agg("; ".join)
        return {int(row): str(text) for row, text in joined.items()}  # type: ignore[call-overload]


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
