"""What the archive says, as of a run's day, of the enterprises of the run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.archive import Archive
from features.build import build_context, build_matrix
from features.engine import Engine
from features.point_in_time import visible
from scoring.measures.rules import IndicatorRule

Progress = Callable[[str, int, int], None]  # step, done, of


def silent(step: str, done: int, of: int) -> None:
    """No progress wanted."""


# What counts against the yearly cap: visits on complaints, follow-ups and tests do not.
_PLANNED = ("double_random", "routine", "special", "post_licence")


@dataclass(frozen=True)
class Facts:
    """Indicators of n enterprises, row by row with the run; NaN is unknown or not applicable."""

    values: dict[str, npt.NDArray[np.float64]]

    def holds(self, rule: IndicatorRule) -> npt.NDArray[np.bool_]:
        """For whom a rule holds, shape (n,); what is unknown does not hold."""
        return np.asarray(np.nan_to_num(self.values[rule.indicator]) >= rule.at_least)


def read_facts(
    engine: Engine,
    archive: Archive,
    ids: pa.Array,
    *,
    names: Sequence[str],
    as_of: date,
    enterprise_ids: Sequence[str] | None = None,
    progress: Progress = silent,
) -> Facts:
    """Indicators of the enterprises `ids`, range by range of the archive.

    `enterprise_ids` reads those alone; their values are the same. An enterprise that the archive
    does not have as of the day has no known value.

    Raises
    ------
    features.errors.AsOfError
        The archive does not reach `as_of`.
    """
    wanted = tuple(sorted(set(names)))
    context = build_context(engine, archive, as_of=as_of, names=wanted)
    parts = [*range(archive.range_count)] if enterprise_ids is None else [None]
    tables = []
    for done, number in enumerate(parts):
        progress("indicators", done, len(parts))
        tables.append(
            build_matrix(
                engine,
                archive,
                as_of=as_of,
                names=wanted,
                range_no=number,
                enterprise_ids=enterprise_ids,
                context=context,
            )
        )
    progress("indicators", len(parts), len(parts))
    matrix = pa.concat_tables(tables)
    place = pc.index_in(ids, value_set=matrix["enterprise_id"].combine_chunks())
    taken = matrix.select(wanted).take(place)
    return Facts({name: _floats(taken[name]) for name in wanted})


@dataclass(frozen=True)
class Visits:
    """Visits to n enterprises as known on a day, each array of shape (n,).

    ``made`` and ``post_licence`` count the visits of the year that fall under the yearly cap, and
    those after licensing; ``last_food_check`` is the last planned food check (NaT: none).
    """

    made: npt.NDArray[np.int64]
    post_licence: npt.NDArray[np.int64]
    last_food_check: npt.NDArray[np.datetime64]


def read_visits(
    engine: Engine, archive: Archive, ids: pa.Array, *, year: int, as_of: date
) -> Visits:
    """Count what was done already; only visits known by `as_of` count."""
    seen = visible(archive.table(engine, "inspection"), as_of)
    planned = seen.filter(seen.inspection_kind.isin(_PLANNED))
    in_year = planned.event_on.year() == year
    found = engine.to_arrow(
        planned.group_by("enterprise_id").agg(
            made=planned.count(where=in_year),
            post_licence=planned.count(
                where=in_year & (planned.inspection_kind == ibis.literal("post_licence"))
            ),
            last_food_check=planned.event_on.max(where=planned.matter == "food"),
        )
    )
    place = pc.index_in(ids, value_set=found["enterprise_id"].combine_chunks())
    taken = found.take(place)
    return Visits(
        made=_counts(taken["made"]),
        post_licence=_counts(taken["post_licence"]),
        last_food_check=taken["last_food_check"].to_numpy().astype("datetime64[D]"),
    )


def _counts(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return np.asarray(pc.fill_null(column, 0).to_numpy(), dtype=np.int64)


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return np.asarray(pc.fill_null(column, np.nan).to_numpy(), dtype=np.float64)
