"""What an edition of a library changes against the one before: kept, added, adjusted, deleted."""

from collections.abc import Sequence
from typing import Literal

import pandas as pd
from pydantic import AwareDatetime

from scoring.double_random.documents import Count, Document, Sha256

CHANGE_COLUMNS = ["change", "key", "what"]


class EditionRecord(Document):
    """The confirmation of an edition: who, when, why, and what became of the rows."""

    library: Literal["items", "inspectors", "avoidance", "objects"]
    number: Count
    confirmed_by: str
    confirmed_at: AwareDatetime
    reason: str
    rows: Count
    kept: Count
    added: Count
    adjusted: Count
    deleted: Count
    files: dict[str, Sha256]


def read_record(content: bytes) -> EditionRecord:
    """A confirmation record.

    Raises
    ------
    scoring.errors.EvidenceError
        It can't be read.
    """
    return EditionRecord.read(content, name="record.json")


def compare_editions(
    before: pd.DataFrame, after: pd.DataFrame, *, key: Sequence[str]
) -> tuple[pd.DataFrame, int]:
    """Rows change (added, adjusted, deleted), key and what, by key; and how many were kept.

    `what` names every column that changed, as ``column: before → after``.
    """
    columns = [name for name in after.columns if name not in key]
    both = before.reindex(columns=after.columns, fill_value="").merge(
        after, on=list(key), how="outer", suffixes=("_before", ""), indicator=True
    )
    what = pd.Series("", index=both.index)
    for name in columns:
        old, new = both[f"{name}_before"].fillna(""), both[name].fillna("")
        what = what.where(old == new, what + f"；{name}: " + old + " → " + new)
    what = what.str.removeprefix("；")
    kinds = {"left_only": "deleted", "right_only": "added", "both": "adjusted"}
    change = both["_merge"].astype(str).map(kinds)
    is_change = (change != "adjusted") | (what != "")
    joined = both[key[0]]
    for name in key[1:]:
        joined = joined + "/" + both[name]
    log = pd.DataFrame({"change": change, "key": joined, "what": what})
    log.loc[log["change"] != "adjusted", "what"] = ""
    log = log[is_change].sort_values(["change", "key"], ignore_index=True)
    return log[CHANGE_COLUMNS], int((~is_change).sum())
