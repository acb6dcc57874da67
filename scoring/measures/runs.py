"""A finished grading run, read as the measures need it."""

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from law.files import sha256_of
from scoring.errors import UnknownRunError

_GRADES, _MANIFEST = "grades.parquet", "manifest.json"
_COLUMNS = (
    "enterprise_id",
    "name",
    "area_code",
    "industry_code",
    "status",
    "is_food",
    "is_special_equipment",
    "grade",
)
# Added by the statutory scores; a run made without them is used as it is.
_STATUTORY = ("food_grade", "equipment_class", "combined_grade")
IN_BUSINESS = ("active", "dormant")


@dataclass(frozen=True)
class GradedRun:
    """The grades of a run.

    Attributes
    ----------
    grades
        One row per enterprise, sorted as the run wrote it: ``_COLUMNS`` and, as strings or null,
        ``food_grade``, ``equipment_class`` and ``combined_grade``.
    has_statutory
        Whether the run carries statutory results; without them the model's grade stands in.
    """

    run_id: str
    as_of: date
    region: str
    archive_build: str
    grades: pa.Table
    has_statutory: bool

    @property
    def ids(self) -> pa.Array:
        """The enterprises, in the order of every array that is computed for them."""
        return self.grades["enterprise_id"].combine_chunks()

    def only(self, enterprise_id: str) -> "GradedRun":
        """The run as if it held this enterprise alone.

        Raises
        ------
        UnknownRunError
            The run has no such enterprise.
        """
        place = pc.equal(self.grades["enterprise_id"], enterprise_id)
        rows = self.grades.filter(place)
        if not rows.num_rows:
            raise UnknownRunError(
                f"批次 {self.run_id} 中没有企业 {enterprise_id}；请核对代码，或换一个批次（--run）",
                f"the run {self.run_id} has no enterprise {enterprise_id}; check the code or name"
                " another run (--run)",
            )
        return replace(self, grades=rows)

    def texts(self, name: str) -> npt.NDArray[np.object_]:
        """A text column, empty where it says nothing, shape (n,)."""
        return np.asarray(pc.fill_null(self.grades[name], "").to_numpy(zero_copy_only=False))

    def flags(self, name: str) -> npt.NDArray[np.bool_]:
        """A flag, false where it is unknown, shape (n,)."""
        return np.asarray(pc.fill_null(self.grades[name], False).to_numpy(zero_copy_only=False))

    @property
    def grade(self) -> npt.NDArray[np.object_]:
        """The grade that measures follow: the combined one, else the general one."""
        combined, general = self.texts("combined_grade"), self.texts("grade")
        return np.where(combined == "", general, combined)

    @property
    def food_grade(self) -> npt.NDArray[np.object_]:
        """The statutory food grade, else the one that measures follow."""
        food = self.texts("food_grade")
        return np.where(food == "", self.grade, food)


def open_run(runs_dir: Path, run_id: str | None = None) -> GradedRun:
    """A finished run; None takes the one with the latest day.

    Raises
    ------
    UnknownRunError
        There is none of that name, or its grades were changed since.
    """
    known = list_runs(runs_dir)
    if not known:
        raise UnknownRunError(
            f"“{runs_dir}”中还没有分级结果；请先运行 xinheng score --as-of 日期",
            f'there is no grading run in "{runs_dir}" yet; run: xinheng score --as-of DAY',
        )
    chosen = known[-1] if run_id is None else run_id
    if chosen not in known:
        raise UnknownRunError(
            f"没有分级批次“{chosen}”，现有：{'、'.join(known)}",
            f'there is no run "{chosen}"; there are: {", ".join(known)}',
        )
    return _read(runs_dir / chosen)


def list_runs(runs_dir: Path) -> list[str]:
    """Every finished run by its name, which begins with its day: oldest first."""
    return sorted(path.parent.name for path in runs_dir.glob(f"[!.]*/{_MANIFEST}"))


def _read(folder: Path) -> GradedRun:
    manifest = json.loads((folder / _MANIFEST).read_bytes())
    path = folder / _GRADES
    if not path.is_file() or sha256_of(path) != manifest["files"][_GRADES]:
        raise UnknownRunError(
            f"分级批次 {folder.name} 的文件 {_GRADES} 缺失或被改动；请重新运行 xinheng score",
            f"the file {_GRADES} of run {folder.name} is missing or was changed; run xinheng score"
            " again",
        )
    named = pq.read_schema(path).names
    there = [name for name in _STATUTORY if name in named]
    grades = pq.read_table(path, columns=[*_COLUMNS, *there])
    for name in _STATUTORY:
        if name not in there:
            grades = grades.append_column(name, pa.nulls(grades.num_rows, pa.string()))
    return GradedRun(
        run_id=folder.name,
        as_of=date.fromisoformat(manifest["as_of"]),
        region=manifest["region"],
        archive_build=manifest["archive_build"],
        grades=grades,
        has_statutory=bool(there),
    )
