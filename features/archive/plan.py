"""What a build must write: all ranges the first time, later only what new imports touch."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.archive.files import Archive
from features.catalogue import record_kinds
from features.engine import Engine
from features.identity import ArchiveLinks, apply_links
from features.intake.report import ImportReport
from features.intake.stored import read_imported

# A range that grew beyond this many times the wished size makes the ranges be cut anew.
_LARGEST_GROWTH = 2


@dataclass(frozen=True)
class BuildPlan:
    """Ranges, inputs, and which files of which range are written.

    Attributes
    ----------
    boundaries
        First enterprise of every range but the first.
    inputs
        Files of all imports by record kind.
    previous
        The build whose other files are kept; None where all are written.
    touched
        Pairs of range and kind to write; None for all.
    changed
        The enterprises (``enterprise_id``) whose records changed since `previous`.
    links
        Which identities are whose; records change hands before they are cut into ranges.
    """

    range_size: int
    boundaries: tuple[str, ...]
    inputs: Mapping[str, Sequence[Path]]
    previous: Archive | None = None
    touched: frozenset[tuple[int, str]] | None = None
    changed: pa.Table | None = None
    links: ArchiveLinks | None = None

    @property
    def range_count(self) -> int:
        """Ranges of enterprises."""
        return len(self.boundaries) + 1

    @property
    def layout(self) -> bytes:
        """Where the ranges are cut, and what they go on from: equal for plans that fit together."""
        previous = self.previous.build_id if self.previous is not None else None
        return json.dumps([previous, *self.boundaries]).encode("utf-8")

    def touches(self, number: int, kind: str) -> bool:
        """Whether the file of this range and kind must be written."""
        return self.touched is None or (number, kind) in self.touched

    def changed_in(self, number: int) -> pa.Array:
        """The enterprises of a range whose records changed since `previous`."""
        assert self.changed is not None
        ids = self.changed["enterprise_id"].combine_chunks()
        return ids.filter(pa.array(places_among(ids, self.boundaries) == number))

    def bounds(self, number: int) -> tuple[str | None, str | None]:
        """First enterprise of a range and of the next one; None at the ends."""
        first = self.boundaries[number - 1] if number else None
        return first, self.boundaries[number] if number < len(self.boundaries) else None


def plan_build(
    engine: Engine,
    *,
    reports: Sequence[ImportReport],
    records_dir: Path,
    previous: Archive | None,
    links: ArchiveLinks | None,
    range_size: int,
) -> BuildPlan:
    """Go on from `previous` where only imports were added and its ranges still fit."""
    inputs = _inputs(reports, records_dir)
    before = frozenset(previous.imports) if previous is not None else frozenset()
    undone = before - {report.import_id for report in reports}
    if previous is not None and previous.range_size == range_size and not undone:
        added = _inputs([r for r in reports if r.import_id not in before], records_dir)
        plan = _go_on(engine, previous, inputs=inputs, added=added, links=links)
        if plan is not None:
            return plan
    boundaries = _cut(engine, inputs, links=links, range_size=range_size)
    return BuildPlan(range_size, boundaries, inputs, links=links)


def _go_on(
    engine: Engine,
    previous: Archive,
    *,
    inputs: Mapping[str, Sequence[Path]],
    added: Mapping[str, Sequence[Path]],
    links: ArchiveLinks | None,
) -> BuildPlan | None:
    """The plan for some more imports; None where a range would grow too large."""
    ids = {
        kind: engine.to_arrow(_owners(engine, paths, links, kind=kind).distinct())
        for kind, paths in added.items()
    }
    rehomed = _rehomed(previous, links)
    touched = {
        (int(number), kind)
        for kind, table in ids.items()
        for number in np.unique(places_among(table["enterprise_id"], previous.boundaries))
    } | {
        (int(number), kind)
        for kind in inputs
        for number in np.unique(places_among(rehomed["enterprise_id"], previous.boundaries))
    }
    empty = pa.table({"enterprise_id": pa.array([], pa.string())})
    changed = pa.table(
        {
            "enterprise_id": pc.unique(
                pa.concat_tables([empty, rehomed, *ids.values()])["enterprise_id"]
            )
        }
    )
    if _outgrown(engine, previous, changed):
        return None
    return BuildPlan(
        previous.range_size,
        previous.boundaries,
        inputs,
        previous=previous,
        touched=frozenset(touched),
        changed=changed,
        links=links,
    )


def _outgrown(engine: Engine, previous: Archive, changed: pa.Table) -> bool:
    """Whether those of `changed` who are new make a range too large."""
    before = np.array(previous.range_enterprises)
    limit = _LARGEST_GROWTH * previous.range_size
    if (before + _by_range(changed, previous) <= limit).all():  # even if all of them are new
        return False
    known = engine.read_parquet(previous.enterprise_files)
    fresh = engine.to_arrow(engine.memory(changed).anti_join(known, "enterprise_id"))
    return bool((before + _by_range(fresh, previous) > limit).any())


def _by_range(ids: pa.Table, previous: Archive) -> Any:
    ranges = places_among(ids["enterprise_id"], previous.boundaries)
    return np.bincount(ranges, minlength=previous.range_count)


def _owners(engine: Engine, paths: Sequence[Path], links: ArchiveLinks | None, *, kind: str) -> Any:
    """The enterprise of every record of some imports, links applied (Ibis)."""
    records = read_imported(engine, paths, kind=kind)
    return apply_links(records, links, kind=kind)[["enterprise_id"]]


def _rehomed(previous: Archive, links: ArchiveLinks | None) -> pa.Table:
    """Both sides of every link that is new, gone or different since the build before."""
    file = previous.links_file
    old = _link_rows(pq.read_table(file)) if file is not None else set()
    new = _link_rows(links.table) if links is not None else set()
    sides = {side for old_id, enterprise_id, *_ in old ^ new for side in (old_id, enterprise_id)}
    return pa.table({"enterprise_id": pa.array(sorted(sides), pa.string())})


def _link_rows(links: pa.Table) -> set[tuple[Any, ...]]:
    columns = ("old_id", "enterprise_id", "decided_at", "is_copy")
    return set(zip(*[links[name].to_pylist() for name in columns], strict=True))


def places_among(ids: Any, boundaries: Sequence[str]) -> Any:
    """Of each id how many of the `boundaries` do not come after it, as integers."""
    texts = ids.to_numpy(zero_copy_only=False).astype(str)
    return np.searchsorted(np.array(boundaries, dtype=str), texts, side="right")


def _cut(
    engine: Engine,
    inputs: Mapping[str, Sequence[Path]],
    *,
    links: ArchiveLinks | None,
    range_size: int,
) -> tuple[str, ...]:
    """Find the first enterprise of every range: equal numbers of enterprises in each."""
    tables = [_owners(engine, paths, links, kind=kind) for kind, paths in inputs.items()]
    enterprises = ibis.union(*tables, distinct=True) if len(tables) > 1 else tables[0].distinct()
    numbered = enterprises.mutate(place=ibis.row_number().over(order_by=enterprises.enterprise_id))
    first = numbered.filter((numbered.place % range_size == 0) & (numbered.place > 0))
    ordered = first.order_by("place").select("enterprise_id")
    return tuple(engine.to_arrow(ordered)["enterprise_id"].to_pylist())


def _inputs(reports: Sequence[ImportReport], records_dir: Path) -> dict[str, list[Path]]:
    """Files of imports by record kind, in the order of the catalogue."""
    paths = {
        kind: [
            records_dir / report.import_id / f"{kind}.parquet"
            for report in reports
            if f"{kind}.parquet" in report.files
        ]
        for kind in record_kinds()
    }
    return {kind: found for kind, found in paths.items() if found}
