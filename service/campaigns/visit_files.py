"""The journal of a round's results and the table derived from it, as files."""

import io
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from law.files import write_atomically
from scoring.double_random.results_table import RESULTS
from scoring.double_random.visits import Act, read_acts, results_of, write_acts

JOURNAL = "visits/journal.jsonl"


def load_acts(folder: Path) -> list[Act]:
    """The acts on a round's results, oldest first; none before the first.

    Raises
    ------
    scoring.errors.ResultsError
        The journal was changed.
    """
    path = folder / JOURNAL
    return read_acts(path.read_bytes()) if path.is_file() else []


def write_journal(folder: Path, acts: Sequence[Act], *, round_id: str) -> None:
    """Keep the journal, then what stands after it.

    A writer killed in between leaves a table one act behind, which the next one brings up to date.
    """
    sink = io.BytesIO()
    pq.write_table(results_of(acts, round_id=round_id), sink, compression="zstd")
    (folder / JOURNAL).parent.mkdir(exist_ok=True)
    write_atomically(folder / JOURNAL, write_acts(acts))
    write_atomically(folder / RESULTS, sink.getvalue())
