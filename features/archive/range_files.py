"""The files of one range of enterprises: written, renewed for a few enterprises, or linked."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.archive.files import ENTERPRISES, KINDS, range_folder
from features.archive.numbers import highest_number, number_enterprises, with_kinds
from features.archive.plan import BuildPlan
from features.archive.range import ROW_GROUP_ROWS, RangeRecords
from features.catalogue import ENTERPRISE_NO
from features.engine import Engine
from features.folders import flush

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
        self._rows = RangeRecords(engine, plan=plan, receipts=receipts)

    def write(self, folder: Path, *, number: int) -> list[Path]:
        """Fill the folder of a range; the files that were written, not linked."""
        plan = self._plan
        touched = [kind for kind in plan.inputs if plan.touches(number, kind)]
        linked = [
            f"{kind}.parquet"
            for kind in plan.inputs
            if kind not in touched and self._link(folder, number=number, name=f"{kind}.parquet")
        ]
        written = [folder / f"{kind}.parquet" for kind in touched]
        # In the order of the file names, which is how a reader finds the kinds again.
        kinds = sorted([*(Path(name).stem for name in linked), *touched])
        if not touched:
            self._link(folder, number=number, name=ENTERPRISES)
            return written
        renewal = self._renewal(number)
        if renewal is None:
            listed = self._write_all(folder, touched, kinds, number=number)
        else:
            listed = self._renew(folder, touched, kinds, number=number, renewal=renewal)
        if listed is None:
            self._link(folder, number=number, name=ENTERPRISES)
            return written
        _write_list(listed, folder / ENTERPRISES)
        return [*written, folder / ENTERPRISES]

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
        known = None
        if self._plan.previous is not None:
            listed = self._plan.previous.enterprise_files[number]
            known = pq.read_table(listed, columns=["enterprise_id", ENTERPRISE_NO])
        ids = _distinct([self._rows.enterprises(kind, number=number) for kind in touched])
        numbers = number_enterprises(ids, range_no=number, known=known)
        for kind in touched:
            self._rows.write(kind, folder / f"{kind}.parquet", number=number, numbers=numbers)
        return with_kinds(numbers, {kind: folder / f"{kind}.parquet" for kind in kinds})

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
            path, name = folder / f"{kind}.parquet", f"{range_folder(number)}/{kind}.parquet"
            owners[kind] = self._rows.renew(
                kind,
                path,
                number=number,
                numbers=numbers,
                changed=changed,
                before=plan.previous.path_of(name),
            )
        if list(kinds) != plan.previous.kinds_in(number):  # every bit has another meaning
            known = pq.read_table(old_list, columns=["enterprise_id", ENTERPRISE_NO])
            everybody = number_enterprises(
                numbers["enterprise_id"].combine_chunks(), range_no=number, known=known
            )
            return with_kinds(everybody, {kind: folder / f"{kind}.parquet" for kind in kinds})
        renewed = _with_renewed_kinds(numbers, renewal.known, owners, kinds=kinds)
        if renewed.equals(renewal.known.sort_by("enterprise_id")):
            return None
        return _merged(pq.read_table(old_list), renewed)

    def _link(self, folder: Path, *, number: int, name: str) -> bool:
        """Give a file of the build before a name in this one; False where it has none."""
        assert self._plan.previous is not None
        old = self._plan.previous.path_of(f"{range_folder(number)}/{name}")
        if old is None:
            return False
        try:
            os.link(old, folder / name)
        except OSError:  # another file system, or one without links
            shutil.copyfile(old, folder / name)
            flush(folder / name)
        return True


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
