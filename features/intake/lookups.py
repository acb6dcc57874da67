"""Columns taken from a sibling file in the same folder."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import SourceFileError
from features.intake.files import form_of, open_source
from features.intake.problems import RowFaults
from features.intake.text import header_key
from features.intake.when import rows_taken
from features.mapping_schema import Lookup, Mapping
from features.messages import Message

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?")


class LookupTable:
    """A sibling file read once: for every key its values."""

    def __init__(self, lookup: Lookup, *, folder: Path, mapping: Mapping) -> None:
        self.lookup = lookup
        self._path = folder / lookup.file
        self._frame = self._read(mapping)

    def join(self, table: pa.Table, *, faults: RowFaults) -> pa.Table:
        """`table` with the new columns; a row without a match is at fault where one is required."""
        keys = pd.Index(self._keys(table, self.lookup.here))
        places = self._frame.index.get_indexer(keys)
        missed = np.flatnonzero(places < 0)
        if self.lookup.required and self.lookup.take:
            self._tell_missed(keys[missed], rows=missed, faults=faults)
        for name in self._frame.columns:
            values = self._frame[name].to_numpy(dtype=object)
            nothing = "0" if name == self.lookup.count_as else ""
            column = np.full(len(places), nothing, dtype=object)
            column[places >= 0] = values[places[places >= 0]]
            table = table.append_column(header_key(name), pa.array(column, pa.string()))
        return table

    def _tell_missed(self, keys: Any, *, rows: Any, faults: RowFaults) -> None:
        here, there = self.lookup.here, self.lookup.there
        faults.add(
            rows,
            [f"【{here}】“{key}”在 {self._path.name} 的“{there}”中找不到" for key in keys],
            [f'[{here}] "{key}" is not found in {self._path.name}, {there}' for key in keys],
            label=here,
            reason=Message(
                f"【{here}】在 {self._path.name} 的“{there}”中找不到",
                f"[{here}] is not found in {self._path.name}, {there}",
            ),
        )

    def _read(self, mapping: Mapping) -> Any:
        opened = open_source(self._path, mapping=mapping, form=self._form(mapping))
        wanted = [self.lookup.there, *self.lookup.take.values()]
        conditions = (self.lookup.when,) if self.lookup.when else ()
        wanted += [name for condition in conditions for name in condition.sources()]
        missing = [name for name in wanted if header_key(name) not in opened.keys]
        if missing:
            listed = "、".join(missing)
            raise SourceFileError(
                f"关联文件“{self._path.name}”缺少列：{listed}",
                f'the sibling file "{self._path.name}" lacks the columns: {listed}',
            )
        tables = [
            chunk.table.filter(pa.array(rows_taken(conditions, chunk.table)))
            for chunk in opened.chunks
        ]
        return self._aggregate(pa.concat_tables(tables)) if tables else self._nothing()

    def _form(self, mapping: Mapping) -> str:
        if self.lookup.format is not None:
            return self.lookup.format
        return mapping.format if mapping.format == "excel" else form_of(self._path)

    def _keys(self, table: pa.Table, name: str) -> Any:
        return pc.utf8_trim_whitespace(table[header_key(name)]).to_numpy()

    def _nothing(self) -> Any:
        return pd.DataFrame({name: [] for name in self.lookup.adds()}, dtype=object)

    def _aggregate(self, table: pa.Table) -> Any:
        keys = self._keys(table, self.lookup.there)
        frame = pd.DataFrame({"key": keys}, dtype=object)
        for name, source in self.lookup.take.items():
            frame[name] = table[header_key(source)].to_numpy()
        frame = frame[frame["key"] != ""]
        columns = {name: self._reduce(frame, name=name) for name in self.lookup.take}
        if self.lookup.count_as is not None:
            columns[self.lookup.count_as] = frame.groupby("key").size().astype(str)
        return pd.DataFrame(columns, dtype=object).fillna("")

    def _reduce(self, frame: Any, *, name: str) -> Any:
        if self.lookup.aggregate == "only":
            self._refuse_repeated(frame.groupby("key").size())
            return frame.set_index("key")[name]
        filled = frame[frame[name].str.strip() != ""]
        self._refuse_other_than_days(filled[name], name=name)
        grouped = filled.groupby("key")[name]
        return grouped.min() if self.lookup.aggregate == "min" else grouped.max()

    def _refuse_repeated(self, sizes: Any) -> None:
        repeated: Sequence[str] = list(sizes.index[sizes > 1][:5])
        if repeated:
            listed = "、".join(repeated)
            raise SourceFileError(
                f"关联文件“{self._path.name}”的“{self.lookup.there}”有重复值：{listed}；"
                "请去重，或在映射中写 aggregate: min 或 max",
                f'"{self.lookup.there}" of the sibling file "{self._path.name}" repeats: {listed};'
                " make it unique or write aggregate: min or max in the mapping",
            )

    def _refuse_other_than_days(self, values: Any, *, name: str) -> None:
        """Texts compare rightly only as ISO days, which typed files always give."""
        bad = [value for value in pd.unique(values) if not _ISO_DAY.fullmatch(value)]
        if bad:
            raise SourceFileError(
                f"关联文件“{self._path.name}”的“{name}”含有非 YYYY-MM-DD 的值“{bad[0]}”，"
                "不能取最早或最晚",
                f'"{name}" of the sibling file "{self._path.name}" holds "{bad[0]}", which is not '
                "YYYY-MM-DD, so its earliest or latest is unknown",
            )
