"""The files of one range of enterprises: written, renewed for a few enterprises, or linked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.archive.files import ENTERPRISES, KINDS, kind_of_file, range_folder
from features.archive.numbers import highest_number, number_enterprises, with_kinds
from features.archive.plan import BuildPlan, places_among
from features.archive.range import ROW_GROUP_ROWS, RangeRecords
from features.catalogue import ENTERPRISE_NO
from features.engine import Engine
from features.folders import link

# Beyond this share of a range's enterprises, its files are sorted again from all imports.
_MOST_RENEWED = 0.1


@dataclass(frozen=True)
class _Renewal:
    """The enterprises of a range that changed, as the build before listed those it knew."""

    changed: pa.Array
    known: pa.Table


class RangeFiles:
    """Writes the ranges of one build."""

    def __init__(self, engine: Engine, *, plan: BuildPlan, receipts: pa.Table) -> None:
        self._plan = plan
        self._linked: set[Path] = set()
        self._rows = RangeRecords(engine, plan=plan, receipts=receipts)

    def write(self, folder: Path, *, number: int) -> list[Path]:
        """Fill the folder of a range; the files that were written, not linked."""
        plan = self._plan
        touched = [kind for kind in plan.inputs if plan.touches(number, kind)]
        kept = [kind for kind in plan.inputs if kind not in touched and self._pieces(kind, number)]
        for kind in kept:
            self._link(folder, self._pieces(kind, number))
        # Sorted, which is how a reader finds the kinds again.
        kinds = sorted([*kept, *touched])
        listed, renewal = None, self._renewal(number) if touched else None
        if renewal is not None:
            listed = self._renew(folder, touched, kinds, number=number, renewal=renewal)
        elif touched:
            listed = self._write_all(folder, touched, kinds, number=number)
        if listed is None:
            self._link(folder, [f"{range_folder(number)}/{ENTERPRISES}"])
        else:
            _write_list(listed, folder / ENTERPRISES)
        return [path for path in folder.iterdir() if path not in self._linked]

    def _pieces(self, kind: str, number: int) -> tuple[str, ...]:
        """The names of the files of a kind in a range of the build before."""
        previous = self._plan.previous
        return () if previous is None else previous.pieces(kind, number)

    def _renewal(self, number: int) -> _Renewal | None:
        """What changed in a range, where it is little; None where it is much or unknown."""
        plan = self._plan
        if plan.previous is None:
            return None
        changed = plan.changed_in(number)
        if len(changed) > _MOST_RENEWED * plan.previous.range_enterprises[number]:
            return None
        listed = plan.previous.enterprise_files[number]
        return _Renewal(
            changed, pq.read_table(listed, filters=pc.field("enterprise_id").isin(changed))
        )

    def _write_all(
        self, folder: Path, touched: Sequence[str], kinds: Sequence[str], *, number: int
    ) -> pa.Table:
        """Write the touched kinds; the new list of enterprises."""
        known = None
        if self._plan.previous is not None:
            listed = self._plan.previous.enterprise_files[number]
            known = pq.read_table(listed, columns=["enterprise_id", ENTERPRISE_NO])
        ids = _distinct([self._rows.enterprises(kind, number=number) for kind in touched])
        numbers = number_enterprises(ids, range_no=number, known=known)
        for kind in touched:
            self._rows.write(kind, folder, number=number, numbers=numbers)
        return with_kinds(numbers, _by_kind(folder, kinds))

    def _renew(
        self,
        folder: Path,
        touched: Sequence[str],
        kinds: Sequence[str],
        *,
        number: int,
        renewal: _Renewal,
    ) -> pa.Table | None:
        """Write the touched files; the new list of enterprises, None where it is the old one."""
        plan, changed = self._plan, renewal.changed
        assert plan.previous is not None
        old_list = plan.previous.enterprise_files[number]
        ids = _distinct(
            [self._rows.enterprises(kind, number=number, only=changed) for kind in touched]
        )
        known = renewal.known.select(["enterprise_id", ENTERPRISE_NO])
        numbers = number_enterprises(
            ids, range_no=number, known=known, highest=lambda: highest_number(old_list)
        )
        owners = {}
        for kind in touched:
            theirs = self._of_pieces(changed, kind, number)
            self._link(folder, [n for n in self._pieces(kind, number) if n not in theirs])
            owners[kind] = self._rows.renew(
                kind,
                folder,
                number=number,
                numbers=numbers,
                changed=changed,
                before={plan.previous.present(name): ids for name, ids in theirs.items()},
            )
        if list(kinds) != plan.previous.kinds_in(number):  # every bit has another meaning
            known = pq.read_table(old_list, columns=["enterprise_id", ENTERPRISE_NO])
            everybody = number_enterprises(
                numbers["enterprise_id"].combine_chunks(), range_no=number, known=known
            )
            return with_kinds(everybody, _by_kind(folder, kinds))
        renewed = _with_renewed_kinds(numbers, renewal.known, owners, kinds=kinds)
        if renewed.equals(renewal.known.sort_by("enterprise_id")):
            return None
        return _merged(pq.read_table(old_list), renewed)

    def _of_pieces(self, changed: pa.Array, kind: str, number: int) -> dict[str, pa.Array]:
        """The files of a kind in which any of `changed` is looked for, and who is in each."""
        assert self._plan.previous is not None
        names, starts = self._pieces(kind, number), self._plan.previous.starts
        places = places_among(changed, [starts[name] for name in names[1:]])
        theirs = {name: pa.array(places == place) for place, name in enumerate(names)}
        return {name: changed.filter(mask) for name, mask in theirs.items() if mask.true_count}

    def _link(self, folder: Path, names: Sequence[str]) -> None:
        """Give files of the build before the same names in this one."""
        assert self._plan.previous is not None
        for old in map(self._plan.previous.present, names):
            path = folder / old.name
            self._linked.add(path)
            link(old, path)


def _by_kind(folder: Path, kinds: Sequence[str]) -> dict[str, list[Path]]:
    """The files of a range's folder."""
    found: dict[str, list[Path]] = {kind: [] for kind in kinds}
    for path in folder.iterdir():
        if path.name != ENTERPRISES:
            found[kind_of_file(path.name)].append(path)
    return found


def _distinct(tables: Sequence[pa.Table]) -> pa.Array:
    empty = pa.table({"enterprise_id": pa.array([], pa.string())})
    return pc.unique(pa.concat_tables([empty, *tables])["enterprise_id"])


def _with_renewed_kinds(
    numbers: pa.Table, known: pa.Table, owners: Mapping[str, pa.Array], *, kinds: Sequence[str]
) -> pa.Table:
    """`numbers` with ``kinds``: as known, but for the kinds in `owners`, whose owners have them."""
    places = pc.index_in(numbers["enterprise_id"], value_set=known["enterprise_id"])
    bits = pc.fill_null(known[KINDS].take(places), 0).to_numpy().copy()
    for kind, having in owners.items():
        bit = 1 << list(kinds).index(kind)
        has = np.isin(numbers[ENTERPRISE_NO].to_numpy(), having.to_numpy())
        bits = np.where(has, bits | bit, bits & ~bit)
    return numbers.append_column(KINDS, pa.array(bits))


def _merged(everybody: pa.Table, some: pa.Table) -> pa.Table:
    """`everybody` with the rows of `some` in the place of theirs, and those of newcomers."""
    there = pc.is_in(everybody["enterprise_id"], value_set=some["enterprise_id"])
    others = everybody.filter(pc.invert(there))
    if others.num_rows + some.num_rows > everybody.num_rows:
        return pa.concat_tables([others, some.cast(others.schema)]).sort_by("enterprise_id")
    # Nobody is new, and both are in the same order: only the kinds can be others.
    kinds = everybody[KINDS].to_numpy().copy()
    kinds[there.to_numpy()] = some[KINDS].to_numpy()
    place = everybody.column_names.index(KINDS)
    return everybody.set_column(place, KINDS, pa.array(kinds))


def _write_list(listed: pa.Table, path: Path) -> None:
    """The list of enterprises; one of a quarter of a million is read whenever one is looked up."""
    pq.write_table(
        listed,
        path,
        compression="zstd",
        row_group_size=ROW_GROUP_ROWS,
        use_dictionary=[KINDS],
        column_encoding={"enterprise_id": "DELTA_BYTE_ARRAY", ENTERPRISE_NO: "DELTA_BINARY_PACKED"},
    )
