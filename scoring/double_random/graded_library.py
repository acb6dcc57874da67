"""The enterprises of a grading run, as a round draws from them."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from scoring.double_random.strata import GRADES, NO_AREA
from scoring.double_random.tables import listed
from scoring.errors import FrameError, PlanError

REQUIRED_COLUMNS = ("enterprise_id", "name", "area_code", "grade")
_AREA_PATTERN = r"^[0-9A-Za-z-]+$"


@dataclass(frozen=True)
class GradedLibrary:
    """The library of objects: one row per enterprise of a grading run.

    Columns enterprise_id, name, area_code, grade; optional address and probability (0 to 1).
    `grades_sha256` is that of the run's file.
    """

    rows: pa.Table
    run_id: str
    as_of: date
    grades_sha256: str


def read_graded_library(library: GradedLibrary) -> pd.DataFrame:
    """Columns uscc, name, address, area_code, grade, probability (null when not given), by code.

    Raises
    ------
    PlanError
        The run lacks a column, has enterprises without a grade, or faulty area codes.
    FrameError
        It has no enterprises.
    """
    missing = [name for name in REQUIRED_COLUMNS if name not in library.rows.column_names]
    if missing:
        raise PlanError(
            f"分级批次 {library.run_id} 缺少列 {'、'.join(missing)}",
            f"Grading run {library.run_id} lacks the columns {', '.join(missing)}",
        )
    optional = [name for name in ("address", "probability") if name in library.rows.column_names]
    rows = library.rows.select([*REQUIRED_COLUMNS, *optional]).to_pandas()
    rows = rows.rename(columns={"enterprise_id": "uscc"})
    if "address" not in rows:
        rows["address"] = ""
    if "probability" not in rows:
        rows["probability"] = np.nan
    texts = ["name", "address", "area_code"]
    rows[texts] = rows[texts].fillna("").astype("str")
    # An enterprise whose area nobody recorded is drawn like the others, in a stratum of its own.
    rows["area_code"] = rows["area_code"].where(rows["area_code"] != "", NO_AREA)
    _refuse_faulty_library(rows, run_id=library.run_id)
    ordered: pd.DataFrame = rows.sort_values("uscc", kind="stable", ignore_index=True)
    return ordered


def _refuse_faulty_library(rows: pd.DataFrame, *, run_id: str) -> None:
    if rows.empty:
        raise FrameError(f"分级批次 {run_id} 没有企业", f"Grading run {run_id} has no enterprises")
    ungraded = rows.loc[~rows["grade"].isin(GRADES), "uscc"].astype("str").tolist()
    if ungraded:
        raise PlanError(
            f"分级批次 {run_id} 中 {len(ungraded)} 户没有 A–D 分级：{listed(ungraded)}；"
            "不得因此免抽，请先分级",
            f"{len(ungraded)} enterprises of run {run_id} have no grade A to D: {listed(ungraded)};"
            " that does not exempt them from sampling: grade them first",
        )
    areas = pd.Series(rows["area_code"].unique())
    faulty = areas[~areas.str.fullmatch(_AREA_PATTERN)].tolist()
    if faulty:
        raise PlanError(
            f"区域代码不规范：{listed(faulty)}", f"Area codes that can't be used: {listed(faulty)}"
        )
