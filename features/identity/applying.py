"""How the archive applies the links: whose record a row is, and from when that was known."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from features.engine import Engine
from features.identity.links import TEMPORARY, digest_of, link_table, read_decisions
from features.identity.rules import identity_rules

_SEPARATOR = "\x1f"
_ID_CHARACTERS = 32


@dataclass(frozen=True)
class ArchiveLinks:
    """Links as one table, and as tables of one engine: those that move records, those that copy.

    `digest` belongs into the identity of a build, so that a new decision makes a new one.
    """

    table: pa.Table
    moves: Any
    copies: Any | None
    digest: str

    def sources_of(self, ids: pa.Array) -> pa.Array:
        """`ids`, and the identities whose records they have by a link."""
        theirs = pc.is_in(self.table["enterprise_id"], value_set=ids)
        linked = self.table["old_id"].filter(theirs)
        return pc.unique(pa.chunked_array([ids, *linked.chunks], pa.string()))


def open_links(engine: Engine, identity_dir: Path) -> ArchiveLinks | None:
    """The links in force; None where nothing was ever linked, and then nothing is to be done."""
    table = link_table(read_decisions(identity_dir))
    if not table.num_rows:
        return None
    links = engine.memory(table)
    copied = any(table["is_copy"].to_pylist())
    return ArchiveLinks(
        table=table,
        moves=links.filter(~links.is_copy),
        copies=links.filter(links.is_copy) if copied else None,
        digest=digest_of(table),
    )


def apply_links(records: Any, links: ArchiveLinks | None, *, kind: str) -> Any:
    """Records under the enterprises they are linked to (Ibis), with the columns of `records`.

    - A record of a temporary identity moves to its enterprise and keeps its ``record_id``.
    - A record of an absorbed enterprise stays where it is. Where the merger counts and the kind is
      one of `merger_kinds` in ``identity.yaml``, the successor gets a copy; its ``record_id`` is
      derived from the old one and the successor, because two enterprises now hold the record and
      versions are told apart by ``record_id``.
    - Both are known from the decision on: ``known_at`` is the later of the two instants.
    - A revoked link is as if it had never been: the next build puts the records back.

    Null rule: records without a link pass unchanged. Parts of the union that hold no temporary
    identity keep their order of enterprises, so that a filter on a range reaches the files.
    """
    if links is None:
        return records
    names = records.columns
    temporary = records.enterprise_id >= TEMPORARY  # nothing in an identifier sorts after a tilde
    parts = [records.filter(~temporary), _moved(records.filter(temporary), links.moves, names)]
    if links.copies is not None and kind in identity_rules().merger_kinds:
        parts.append(_copied(records, links.copies, names))
    return ibis.union(*parts)


def _moved(records: Any, moves: Any, names: Any) -> Any:
    moves = moves.select("old_id", linked_id=moves.enterprise_id, decided_at=moves.decided_at)
    joined = records.left_join(moves, records.enterprise_id == moves.old_id)
    return joined.mutate(
        enterprise_id=ibis.coalesce(joined.linked_id, joined.enterprise_id),
        known_at=_known_from(joined),
    ).select(names)


def _copied(records: Any, copies: Any, names: Any) -> Any:
    copies = copies.select("old_id", linked_id=copies.enterprise_id, decided_at=copies.decided_at)
    joined = records.inner_join(copies, records.enterprise_id == copies.old_id)
    derived = joined.record_id.concat(_SEPARATOR, joined.linked_id).hexdigest("sha256")
    return joined.mutate(
        enterprise_id=joined.linked_id,
        record_id=derived.left(_ID_CHARACTERS),
        known_at=_known_from(joined),
    ).select(names)


def _known_from(joined: Any) -> Any:
    return ibis.greatest(joined.known_at, ibis.coalesce(joined.decided_at, joined.known_at))
