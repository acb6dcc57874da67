"""What a batch hands out, written range by range: Parquet, the exchange file, Excel by area."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from law.files import sha256_of
from models.rating.cutoffs import GRADES as GRADE_LETTERS
from scoring.exchange import ExchangeFile
from scoring.run_folder import GRADES, read_range
from scoring.workbook import BASIS_ZH, AreaWorkbooks

EXCEL = "excel"
# More enterprises than this take Excel longer to open than anybody waits.
MOST_IN_EXCEL = 200_000
# Hardly a value stands twice in these columns: a dictionary would be begun and given up.
_ALL_DIFFERENT = frozenset(
    {"enterprise_id", "name", "address", "general_probability", "probability", "reference"}
)


@dataclass(frozen=True)
class ExcelChoice:
    """Which enterprises stand in Excel files.

    Attributes
    ----------
    grades
        Their grades; none writes no Excel file, None decides by the size of the population: all
        up to 200,000 enterprises, C and D up to 2 million, none beyond.
    areas
        Their areas; None for all.
    """

    grades: frozenset[str] | None = None
    areas: frozenset[str] | None = None

    def for_population(self, enterprises: int) -> frozenset[str]:
        """The grades to write for so many enterprises."""
        if self.grades is not None:
            return self.grades
        if enterprises <= MOST_IN_EXCEL or self.areas is not None:
            return frozenset(GRADE_LETTERS)
        return frozenset("CD") if enterprises <= 10 * MOST_IN_EXCEL else frozenset()


class Outputs:
    """The files of a run while they grow; ranges are added in order."""

    def __init__(
        self,
        folder: Path,
        *,
        run_id: str,
        as_of: date,
        unconfirmed: Sequence[str],
        excel: ExcelChoice,
        size: int,
    ) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._parquet: pq.ParquetWriter | None = None
        self._exchange = self._stack.enter_context(
            ExchangeFile(folder, as_of=as_of, run_id=run_id, basis_names=BASIS_ZH)
        )
        grades = excel.for_population(size)
        self._workbooks = AreaWorkbooks(
            folder / EXCEL,
            as_of=as_of,
            unconfirmed=unconfirmed,
            grades=grades,
            areas=excel.areas,
        )
        self._has_excel = bool(grades)
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in ("grade", "basis")}
        self.enterprises = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)
        if self._parquet is not None:
            self._parquet.close()

    def add(self, part: Path) -> None:
        """Append a finished range, from its file: what is taken up gives the same bytes."""
        grades = read_range(part)
        if self._parquet is None:
            self._parquet = _parquet_writer(self._folder / GRADES, grades.schema)
        self._parquet.write_table(grades)
        self._exchange.add(grades)
        if self._has_excel:
            self._workbooks.add(grades)
        for name, counter in self._counts.items():
            counter.update(_counts(grades[name]))
        self.enterprises += grades.num_rows

    def finish(self) -> None:
        """Complete the Excel files."""
        self._workbooks.close()

    def counts(self) -> dict[str, Any]:
        """Enterprises, by grade and by basis."""
        by_grade = self._counts["grade"]
        return {
            "enterprises": self.enterprises,
            "grades": {grade: by_grade[grade] for grade in GRADE_LETTERS},
            "basis": dict(sorted(self._counts["basis"].items())),
        }


def hashes(folder: Path, *, without: Collection[str]) -> dict[str, str]:
    """SHA-256 of every file of a run, by its path below the folder."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    named = {path.relative_to(folder): path for path in paths}
    return {
        name.as_posix(): sha256_of(path)
        for name, path in named.items()
        if name.parts[0] not in without
    }


def _parquet_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Statistics let a reader skip ranges by a column; nobody skips them by a part of a list."""
    leaves = list(_leaves(schema))
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=[".".join(leaf) for leaf in leaves if leaf[-1] not in _ALL_DIFFERENT],
        write_statistics=[".".join(leaf) for leaf in leaves if len(leaf) == 1],
        store_schema=False,  # texts kept once in memory are plain texts to whoever reads the file
    )


def _leaves(fields: Iterable[pa.Field], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The columns of a Parquet file by their paths, lists of structs column by column."""
    for field in fields:
        if pa.types.is_list(field.type):
            yield from _leaves(field.type.value_type, (*above, field.name, "list", "element"))
        else:
            yield (*above, field.name)


def _counts(column: Any) -> dict[str, int]:
    return {row["values"]: row["counts"] for row in column.value_counts().to_pylist()}
