"""What was handed in, kept as Parquet: rows are only ever added."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.folders import hold
from law.files import write_atomically
from scoring.statutory.statements import FACTS, RESULTS, Statements

_RESULTS_FILE, _FACTS_FILE = "province_results.parquet", "static_facts.parquet"


def read_statements(folder: Path) -> Statements:
    """Everything handed in so far; nothing where nobody handed anything in."""
    return Statements(_read(folder / _RESULTS_FILE, RESULTS), _read(folder / _FACTS_FILE, FACTS))


def add_results(folder: Path, rows: pa.Table) -> None:
    """Add a province's results."""
    _add(folder, _RESULTS_FILE, rows)


def add_facts(folder: Path, rows: pa.Table) -> None:
    """Add facts of static score sheets."""
    _add(folder, _FACTS_FILE, rows)


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    return pq.read_table(path, schema=schema) if path.is_file() else schema.empty_table()


def _add(folder: Path, name: str, rows: pa.Table) -> None:
    with hold(folder):
        joined = pa.concat_tables([_read(folder / name, rows.schema), rows])
        sink = pa.BufferOutputStream()
        pq.write_table(joined, sink, compression="zstd")
        write_atomically(folder / name, sink.getvalue().to_pybytes())
