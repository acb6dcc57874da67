"""DuckDB and Spark side by side on SIMULATED records: `python -m benchmarks.parity`.

Needs the extra `spark` and Java 17.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from features.archive import Archive
from features.build import EVIDENCE, build_context, build_matrix
from features.engine import AnyEngine, Engine, SparkEngine
from features.indicators import DIMENSIONS, catalogue
from features.indicators.context import Context
from features.indicators.wanted import OVERALL
from features.profile import build_profile
from tests.features.random_records import build, random_tables

AS_OF = date(2025, 6, 30)


@dataclass(frozen=True)
class Parity:
    """How two columns of an indicator, or those of a dimension, differ.

    `unequal_whole` counts unequal values where the first engine's are whole numbers;
    `largest_difference` is relative, over the other indicators.
    """

    indicators: int
    whole: int
    unequal_whole: int
    largest_difference: float
    null_differences: int
    evidence_differences: int

    def __add__(self, other: "Parity") -> "Parity":
        return Parity(
            self.indicators + other.indicators,
            self.whole + other.whole,
            self.unequal_whole + other.unequal_whole,
            max(self.largest_difference, other.largest_difference),
            self.null_differences + other.null_differences,
            self.evidence_differences + other.evidence_differences,
        )


def compare(first: pa.Table, second: pa.Table) -> dict[str, Parity]:
    """Two matrices of the same enterprises with evidence, indicator by indicator."""
    return {item.name: _compare(first, second, item.name) for item in catalogue()}


def _compare(first: pa.Table, second: pa.Table, name: str) -> Parity:
    ours, theirs = (table[name].to_pandas().to_numpy(float) for table in (first, second))
    unknown = np.isnan(ours) != np.isnan(theirs)
    known = ~np.isnan(ours) & ~unknown
    is_whole = bool((ours[known] == np.round(ours[known])).all())
    gap, size = np.abs(ours - theirs)[known], np.abs(ours)[known]
    relative = np.divide(gap, size, out=gap.copy(), where=size > 0)
    record = EVIDENCE.format(name=name)
    evidence = 0
    if record in first.column_names:
        pairs = zip(first[record].to_pylist(), second[record].to_pylist(), strict=True)
        evidence = sum(one != other for one, other in pairs)
    return Parity(
        indicators=1,
        whole=int(is_whole),
        unequal_whole=int((gap > 0).sum()) if is_whole else 0,
        largest_difference=0.0 if is_whole else float(relative.max(initial=0.0)),
        null_differences=int(unknown.sum()),
        evidence_differences=evidence,
    )


def by_dimension(found: Mapping[str, Parity]) -> Iterator[tuple[str, Parity]]:
    """The indicators of each dimension together, then all."""
    total = Parity(0, 0, 0, 0.0, 0, 0)
    for dimension in DIMENSIONS:
        together = Parity(0, 0, 0, 0.0, 0, 0)
        for item in catalogue():
            if item.dimension == dimension:
                together += found[item.name]
        yield dimension, together
        total += together
    yield "all", total


def table_lines(found: Mapping[str, Parity]) -> Iterator[str]:
    """The table of RESULTS.md."""
    yield (
        "| dimension | indicators | of whole numbers | unequal whole numbers"
        " | largest relative difference of the others | nulls | evidence |"
    )
    yield "|---|---|---|---|---|---|---|"
    for dimension, part in by_dimension(found):
        yield (
            f"| {dimension} | {part.indicators} | {part.whole} | {part.unequal_whole}"
            f" | {part.largest_difference:.1e} | {part.null_differences}"
            f" | {part.evidence_differences} |"
        )


def same_sums(first: Context, second: Context) -> bool:
    """Whether two contexts say the same of every key's every value."""
    return all(
        _sorted(first.sums[name], name).equals(_sorted(second.sums[name], name))
        for name in first.wanted.tables
    )


def _sorted(pieces: tuple[Any, ...], name: str) -> pa.Table:
    together = pa.concat_tables(pieces)
    if name == OVERALL:
        return together
    order = [(name, "ascending"), *[(c, "ascending") for c in together.column_names if c != name]]
    return together.sort_by(order).combine_chunks()


def _timed(engine: AnyEngine, make: Callable[[AnyEngine], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    return make(engine), time.perf_counter() - start


def run(archive: Archive) -> Iterator[str]:
    """Everything on both engines, as Markdown."""

    def everything(engine: AnyEngine) -> tuple[Context, pa.Table, pa.Table]:
        context = build_context(engine, archive, as_of=AS_OF)
        matrix = build_matrix(engine, archive, as_of=AS_OF, with_evidence=True, context=context)
        return context, matrix, build_profile(engine, archive, as_of=AS_OF)

    with Engine() as duckdb, SparkEngine() as spark:
        (sums, matrix, profile), seconds = _timed(duckdb, everything)
        (their_sums, their_matrix, their_profile), their_seconds = _timed(spark, everything)
    yield from table_lines(compare(matrix, their_matrix))
    yield ""
    yield (
        f"{matrix.num_rows} enterprises; sums over the archive the same:"
        f" {same_sums(sums, their_sums)}; profiles the same: {profile.equals(their_profile)};"
        f" DuckDB {seconds:.0f} s, Spark {their_seconds:.0f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--enterprises", type=int, default=200)
    parser.add_argument("--records", type=int, default=6_000)
    parser.add_argument("--seed", type=int, default=20250630)
    asked = parser.parse_args()
    tables = random_tables(enterprises=asked.enterprises, records=asked.records, seed=asked.seed)
    with TemporaryDirectory() as folder:
        for line in run(build(Path(folder), tables)):
            print(line)


if __name__ == "__main__":
    main()
