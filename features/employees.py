"""How many employees enterprises last reported."""

from datetime import date

import pyarrow as pa

from features.build import DatedArchive, check_as_of
from features.engine import AnyEngine
from features.indicators.assembly import make_plan
from features.indicators.measures import latest
from features.indicators.moment import moment
from features.indicators.parts import Output
from features.indicators.records import Records


def build_employees(engine: AnyEngine, archive: DatedArchive, *, as_of: date) -> pa.Table:
    """One row per enterprise as of a day: enterprise_id, employees of the last annual report.

    `employees` (int64) is null where no visible report states it.

    Raises
    ------
    AsOfError
        The archive knows nothing about the weeks before `as_of`.
    """
    check_as_of(archive, as_of)
    reported = Output(
        (latest("annual_report", "employees"),), lambda values: values[0].cast("int64")
    )
    plan = make_plan(engine, Records(moment(as_of)), {"employees": reported})
    return plan.rows(engine, archive).select(["enterprise_id", "employees"])
