"""Main flow of entity resolution: waiting identities in, links and a queue for a person out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.archive.files import Archive
from features.engine import Engine
from features.identity.links import (
    SYSTEM,
    Decision,
    append_decisions,
    read_decisions,
    refused_pairs,
)
from features.identity.matching import Matches, match
from features.identity.parts import as_frame
from features.identity.pending import temporary_identities, waiting
from features.identity.register import read_register
from features.identity.rules import IdentityRules, identity_rules
from law.files import write_atomically

QUEUE = "queue.parquet"
UNMATCHED = "unmatched.parquet"
_UNMATCHED_COLUMNS = ["temporary_id", "name", "address", "registration_no", "uscc", "event_on"]


@dataclass(frozen=True)
class Resolution:
    """Counts of a run: how many identities waited, and what became of them."""

    waiting: int
    linked: int
    queued: int
    unmatched: int


def resolve_identities(
    engine: Engine,
    archive: Archive,
    *,
    records_dir: Path,
    identity_dir: Path,
    decided_at: datetime,
    rules: IdentityRules | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Resolution:
    """Link what is certain, queue what a person must look at.

    Every temporary identity without a link is compared with all present and former names and
    addresses of the register. Links are appended to the register of decisions; the queue and the
    unmatched are written anew. The archive applies new links when it is next built. A run that is
    interrupted leaves the links and the queue of the run before.

    Parameters
    ----------
    decided_at
        Instant of the run, naive UTC; linked records are known under their enterprise from then.
    progress
        Called with identities done and in all.
    """
    rules = rules or identity_rules()
    decisions = read_decisions(identity_dir)
    asked = waiting(temporary_identities(records_dir), decisions)
    register = as_frame(read_register(engine, archive))
    refused = refused_pairs(decisions).rename(columns={"old_id": "temporary_id"})
    found = match(asked, register, rules=rules, refused=refused, progress=progress)
    _write(found, asked, identity_dir)
    append_decisions(identity_dir, _decisions(found.automatic, decided_at))
    return Resolution(
        waiting=len(asked),
        linked=len(found.automatic),
        queued=found.queue["temporary_id"].nunique(),
        unmatched=len(found.unmatched),
    )


def read_queue(identity_dir: Path) -> pd.DataFrame:
    """Candidates that still wait for a person, best first; empty before the first run."""
    return _still_waiting(identity_dir, QUEUE)


def read_unmatched(identity_dir: Path) -> pd.DataFrame:
    """Identities for which the last run found no candidate, and nobody decided since."""
    return _still_waiting(identity_dir, UNMATCHED)


def _still_waiting(identity_dir: Path, name: str) -> pd.DataFrame:
    path = identity_dir / name
    if not path.is_file():
        return pd.DataFrame({"temporary_id": pd.Series(dtype=object)})
    rows = pq.read_table(path).to_pandas()
    decisions = read_decisions(identity_dir)
    rows = waiting(rows, decisions)
    if "enterprise_id" not in rows:
        return rows
    refused = refused_pairs(decisions)
    pairs = pd.MultiIndex.from_frame(rows[["temporary_id", "enterprise_id"]])
    return rows[~pairs.isin(pd.MultiIndex.from_frame(refused))].reset_index(drop=True)


def _write(found: Matches, asked: pd.DataFrame, identity_dir: Path) -> None:
    more = asked[["temporary_id", "uscc", "event_on", "rows"]]
    queue = found.queue.merge(more, on="temporary_id", how="left")
    unmatched = found.unmatched[[*_UNMATCHED_COLUMNS, "rows"]]
    for name, frame in ((QUEUE, queue), (UNMATCHED, unmatched)):
        stream = BytesIO()
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), stream)
        write_atomically(identity_dir / name, stream.getvalue())


def _decisions(automatic: pd.DataFrame, decided_at: datetime) -> list[Decision]:
    columns = ["temporary_id", "enterprise_id", "method", "score", "reasons_zh"]
    return [
        Decision(
            action="link",
            old_id=old,
            enterprise_id=new,
            counts=True,
            method=method,
            score=float(score),
            reason=reason,
            decided_by=SYSTEM,
            decided_at=decided_at,
        )
        for old, new, method, score, reason in automatic[columns].itertuples(index=False)
    ]
