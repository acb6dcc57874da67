"""The general card outside Python: log-odds and calibrated probability as one query.

A province's warehouse can grade with it and get the numbers that :meth:`ScoringModel.score` gives,
within 1e-12. Null and NaN are missing. A row with an infinite value of an indicator with influence
gets no score (null); Python refuses the whole matrix. Text is refused, also where it looks like a
number or like ``True``; the Ibis expression counts true and false as 1 and 0, as Python does, while
the written query wants columns of DOUBLE.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import ibis

from features.engine.spark_sql import spark_sql
from models.errors import ConfigError
from models.learning.calibration import BLEND, Calibration
from models.learning.scorecard import exact
from models.rating.scoring_model import GENERAL, ScoringModel

LOG_ODDS: Final = "general_log_odds"
PROBABILITY: Final = "general_probability"

DIALECTS: Final[Mapping[str, Callable[[Any], str]]] = {
    "duckdb": lambda table: str(ibis.to_sql(table, dialect="duckdb")),
    "spark": spark_sql,
}


def with_scores(model: ScoringModel, table: Any) -> Any:
    """An Ibis table of indicators with ``general_log_odds`` and ``general_probability`` added.

    Raises
    ------
    ColumnError
        The table lacks an indicator, or holds one as text.
    """
    scored = table.mutate(**{LOG_ODDS: model.scorecard.to_expression(table)})
    calibration = model.calibrations[GENERAL]
    return scored.mutate(**{PROBABILITY: calibrated(calibration, scored[LOG_ODDS])})


def calibrated(calibration: Calibration, log_odds: Any) -> Any:
    """A calibration as an Ibis expression of log-odds."""
    shifted = exact(calibration.slope) * log_odds + exact(calibration.intercept)
    line = exact(1.0) / (exact(1.0) + (-shifted).exp())
    if not len(calibration.knots):
        return line
    return exact(1 - BLEND) * _curve(calibration, log_odds) + exact(BLEND) * line


def _curve(calibration: Calibration, log_odds: Any) -> Any:
    """Straight lines between knots, level outside."""
    knots, heights = calibration.knots.tolist(), calibration.heights.tolist()
    pieces = [
        (log_odds.isnull(), ibis.null("float64")),
        (log_odds <= exact(knots[0]), exact(heights[0])),
    ]
    for i in range(1, len(knots)):
        slope = (heights[i] - heights[i - 1]) / (knots[i] - knots[i - 1])
        rise = exact(slope) * (log_odds - exact(knots[i - 1])) + exact(heights[i - 1])
        pieces.append((log_odds <= exact(knots[i]), rise))
    return ibis.cases(*pieces, else_=exact(heights[-1]))


def to_sql(
    model: ScoringModel, *, dialect: str, table: str = "indicators", key: str = "enterprise_id"
) -> str:
    """One SELECT over a table of indicators: its key, the log-odds, the probability.

    Parameters
    ----------
    dialect
        ``duckdb`` or ``spark``.
    table, key
        Names in the warehouse; every indicator with influence is a column of the table.

    Raises
    ------
    ConfigError
        Another dialect was asked for.
    """
    if dialect not in DIALECTS:
        raise ConfigError(
            f"不支持的 SQL 方言 {dialect}；可用：{', '.join(DIALECTS)}",
            f"there is no SQL dialect {dialect}; there are: {', '.join(DIALECTS)}",
        )
    columns = {key: "string"} | dict.fromkeys(model.scorecard.used_names, "float64")
    scored = with_scores(model, ibis.table(columns, name=table))
    query = DIALECTS[dialect](scored.select(key, LOG_ODDS, PROBABILITY))
    return f"{_header(model)}\n{query};\n"


def _header(model: ScoringModel) -> str:
    return (
        f"-- 信衡通用评分卡 Xinheng general card, model {model.version}\n"
        "-- 仅供监管部门内部配置监管资源，不是信用评价 internal aid, no credit assessment\n"
        "-- 空值和 NaN 按缺失计；含无穷大的行不评分（空） null and NaN are missing; "
        "infinite values give no score (null)\n"
        "-- 指标列须为 DOUBLE（是/否记 1/0） indicator columns must be DOUBLE (true/false: 1/0)"
    )
