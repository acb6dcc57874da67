"""The register of decisions on who is who: append-only, every line with its author and instant.

``links.jsonl`` holds links, refusals and revocations in the order they were decided; what is in
force follows from reading it from the first line to the last.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from features.folders import hold
from law.files import write_atomically

REGISTER = "links.jsonl"
SYSTEM = "信衡自动匹配"
TEMPORARY = "~"
MERGER = "merger"
_COLUMNS = {
    "action": pa.string(),
    "old_id": pa.string(),
    "enterprise_id": pa.string(),
    "counts": pa.bool_(),
    "method": pa.string(),
    "score": pa.float64(),
    "reason": pa.string(),
    "decided_by": pa.string(),
    "decided_at": pa.timestamp("us"),
}


@dataclass(frozen=True)
class Decision:
    """One line of the register.

    A ``link`` says that `old_id` (a temporary identity, or an enterprise that was absorbed) is
    `enterprise_id` from `decided_at` on; ``reject`` that it is not (`enterprise_id` None: it is
    nobody in the register); ``revoke`` takes the link in force back. `counts`: the old records
    count as the enterprise's own. `method` is registration_no, name_address, manual or merger.
    `decided_at` is naive UTC; `score` is None where a person decided without one.
    """

    action: Literal["link", "reject", "revoke"]
    old_id: str
    enterprise_id: str | None
    counts: bool
    method: str
    score: float | None
    reason: str
    decided_by: str
    decided_at: datetime


def read_decisions(identity_dir: Path) -> pd.DataFrame:
    """Every line in its order, with the columns of :class:`Decision`; empty without a register."""
    path = identity_dir / REGISTER
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    rows = [json.loads(line) for line in lines]
    columns = {name: [row[name] for row in rows] for name in _COLUMNS}
    columns["decided_at"] = [datetime.fromisoformat(text) for text in columns["decided_at"]]
    table = pa.table({name: pa.array(columns[name], kind) for name, kind in _COLUMNS.items()})
    frame: pd.DataFrame = table.to_pandas()
    frame["enterprise_id"] = frame["enterprise_id"].astype(object).fillna("")
    return frame


def append_decisions(identity_dir: Path, decisions: Sequence[Decision]) -> None:
    """Add lines; either all of them stand in the register or none."""
    if not decisions:
        return
    with hold(identity_dir):
        path = identity_dir / REGISTER
        before = path.read_bytes() if path.is_file() else b""
        lines = [
            json.dumps(
                {**asdict(one), "decided_at": one.decided_at.isoformat()}, ensure_ascii=False
            )
            for one in decisions
        ]
        write_atomically(path, before + ("\n".join(lines) + "\n").encode("utf-8"))


def links_in_force(decisions: pd.DataFrame) -> pd.DataFrame:
    """The last link of every old id that was not revoked after it; one row an old id."""
    changes = decisions[decisions["action"].isin(["link", "revoke"])]
    last = changes.drop_duplicates("old_id", keep="last")
    return last[last["action"] == "link"].reset_index(drop=True)


def refused_pairs(decisions: pd.DataFrame) -> pd.DataFrame:
    """Pairs that a person refused or whose link was revoked, unless linked again since."""
    pair = ["old_id", "enterprise_id"]
    told = decisions[decisions["enterprise_id"] != ""]
    last = told.drop_duplicates(pair, keep="last")
    return last.loc[last["action"] != "link", pair].reset_index(drop=True)


def refused_wholly(decisions: pd.DataFrame) -> pd.Series:
    """Old ids of which the last word is that they are nobody in the register."""
    last = decisions.drop_duplicates("old_id", keep="last")
    return last.loc[(last["action"] == "reject") & (last["enterprise_id"] == ""), "old_id"]


def is_temporary(ids: pd.Series) -> pd.Series:
    """Which ids are temporary identities."""
    return ids.str.startswith(TEMPORARY)


def link_table(decisions: pd.DataFrame) -> pa.Table:
    """What the archive applies: every chain followed to each of its ends.

    Returns
    -------
    ``old_id``, ``enterprise_id``, ``decided_at`` (naive UTC, the latest decision of the chain) and
    ``is_copy``. A temporary identity's records move (``is_copy`` false) to the enterprise it was
    linked to. Those of an absorbed enterprise are copied to every successor along the chain whose
    links all count, and so are those of a temporary identity linked to it.
    """
    links = links_in_force(decisions)[["old_id", "enterprise_id", "decided_at", "counts"]]
    temporary = is_temporary(links["old_id"])
    paths = links.assign(is_copy=~temporary)
    paths = paths[paths["counts"] | temporary]
    onward = links[~temporary & links["counts"]]
    found = [paths]
    for _ in range(len(onward)):  # no chain is longer: a circle is refused when it is decided
        if paths.empty:
            break
        paths = paths.merge(
            onward, left_on="enterprise_id", right_on="old_id", suffixes=("", "_next")
        )
        later = paths[["decided_at", "decided_at_next"]].max(axis=1)
        paths = paths.assign(
            enterprise_id=paths["enterprise_id_next"], decided_at=later, is_copy=True
        )[["old_id", "enterprise_id", "decided_at", "counts", "is_copy"]]
        found.append(paths)
    columns = pd.concat(found).sort_values(["old_id", "enterprise_id"])
    return pa.table(
        {
            "old_id": pa.array(columns["old_id"], pa.string()),
            "enterprise_id": pa.array(columns["enterprise_id"], pa.string()),
            "decided_at": pa.array(columns["decided_at"], pa.timestamp("us")),
            "is_copy": pa.array(columns["is_copy"].to_numpy(dtype=bool)),
        }
    )


def digest_of(links: pa.Table) -> str:
    """SHA-256 of the links in force: another decision makes another build of the archive."""
    rows: list[dict[str, Any]] = links.to_pylist()
    text = json.dumps(
        [[str(row[name]) for name in links.column_names] for row in rows], ensure_ascii=False
    )
    return sha256(text.encode("utf-8")).hexdigest()
