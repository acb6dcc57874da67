"""Records on their way to disk: appended as they are read, then numbered, sorted and sealed."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import record_kinds, record_schema
from features.engine import Engine
from law.files import sha256_of

_SEPARATOR = "\x1f"
_ID_CHARACTERS = 32
_MEMORY_LIMIT = "1GB"


class RecordStage:
    """Takes the records of every chunk; one unsorted file a kind until :meth:`finish`."""

    def __init__(self, folder: Path, *, common: dict[str, str]) -> None:
        self._folder = folder
        self._common = common
        self._writers: dict[str, Any] = {}

    def add(self, kind: str, table: pa.Table, *, row_numbers: Any) -> None:
        """Append records of `kind`, with their source row numbers."""
        if not table.num_rows:
            return
        rows = table.num_rows
        for name, text in self._common.items():
            table = table.append_column(name, pa.repeat(pa.scalar(text), rows))
        table = table.append_column("row_no", pa.array(row_numbers, pa.int64()))
        table = table.append_column("is_withdrawn", pa.repeat(pa.scalar(False), rows))
        for name in ("corrected_by", "correction_reason"):  # made by hand only
            table = table.append_column(name, pa.nulls(rows, pa.string()))
        schema = record_schema(kind)
        staged = pa.schema([item for item in schema if item.name != "record_id"])
        if kind not in self._writers:
            self._writers[kind] = pq.ParquetWriter(self._staged(kind), staged)
        self._writers[kind].write_table(table.select(staged.names).cast(staged))

    def finish(self) -> tuple[dict[str, int], int, dict[str, str]]:
        """Number and sort the records of each kind.

        Returns
        -------
        Records by kind; how many repeat the key of another one; SHA-256 by file name.
        """
        accepted: dict[str, int] = {}
        duplicates = 0
        hashes: dict[str, str] = {}
        with Engine(memory_limit=_MEMORY_LIMIT, spill_folder=self._folder) as engine:
            for kind, writer in self._writers.items():
                writer.close()
                # What reading held goes back first: the two never need their memory together.
                pa.default_memory_pool().release_unused()
                target = self._folder / f"{kind}.parquet"
                accepted[kind], distinct = _seal(engine, kind, self._staged(kind), target)
                duplicates += accepted[kind] - distinct
                self._staged(kind).unlink()
                hashes[target.name] = sha256_of(target)
        return accepted, duplicates, hashes

    def _staged(self, kind: str) -> Path:
        return self._folder / f"{kind}.unsorted.parquet"


def _seal(engine: Engine, kind: str, staged: Path, target: Path) -> tuple[int, int]:
    """Sorted by enterprise, so that the archive can read a range of enterprises by itself."""
    records = engine.read_parquet([staged])
    numbered = records.mutate(record_id=record_id_of(records, kind))
    sorted_records = numbered.select(record_schema(kind).names).order_by(
        ["enterprise_id", "known_at", "row_no"]
    )
    engine.write_parquet(sorted_records, target)
    written = engine.read_parquet([target])
    counts = engine.to_arrow(
        written.aggregate(rows=written.count(), distinct=written.record_id.nunique())
    )
    return counts["rows"][0].as_py(), counts["distinct"][0].as_py()


def record_id_of(records: Any, kind: str) -> Any:
    """Identity of a record (Ibis): SHA-256 over kind, source, enterprise and the key fields.

    Two rows with equal identity are one record; if they differ elsewhere, two versions of it.
    """
    text = records.source.concat(_SEPARATOR, records.enterprise_id)
    for name in record_kinds()[kind].key:
        text = text.concat(_SEPARATOR, records[name].cast("string").fill_null(""))
    return (kind + _SEPARATOR + text).hexdigest("sha256").left(_ID_CHARACTERS)
