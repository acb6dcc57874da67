"""Scores computed where the data is: the card as an expression, sub-models over batches of rows."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.engine import AnyEngine, Query
from models.learning.columns import column_values
from models.learning.sector import SectorModel
from models.rating.scoring_model import Ratings, ScoringModel

_ROWS, _PLACE = "rows_to_score", "place"


def rate_on(engine: AnyEngine, model: ScoringModel, matrix: pa.Table, profile: pa.Table) -> Ratings:
    """:meth:`ScoringModel.rate`, on a cluster's engine inside that engine: the same numbers."""
    if not engine.is_distributed:
        return model.rate(matrix, profile)
    return model.rate(
        matrix,
        profile,
        general=partial(_general, engine, model),
        added=partial(_added, engine),
    )


def _general(
    engine: AnyEngine, model: ScoringModel, matrix: pa.Table
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    names = model.scorecard.used_names
    query = engine.once(("card", model.version, names), lambda: _card(engine, model, names))
    rows = matrix.select(names).add_column(0, _PLACE, pa.array(np.arange(matrix.num_rows)))
    engine.bind(_ROWS, rows, columns=rows.column_names)
    found = engine.fetch(query).sort_by(_PLACE)
    return found["log_odds"].to_numpy().copy(), found["tenths"].to_numpy().copy()


def _card(engine: AnyEngine, model: ScoringModel, names: tuple[str, ...]) -> Query:
    schema = {_PLACE: "int64", **dict.fromkeys(names, "float64")}
    table = ibis.table(ibis.schema(schema), name=_ROWS)
    tenths = model.points_scale.in_tenths(model.scorecard).to_expression(table)
    log_odds = model.scorecard.to_expression(table)
    return engine.prepare(table.select(_PLACE, log_odds=log_odds, tenths=tenths.cast("int64")))


def _added(
    engine: AnyEngine, model: SectorModel, matrix: pa.Table, members: NDArray[np.int64]
) -> NDArray[np.float64]:
    """What a sub-model's trees add; the rows go to wherever the engine computes."""
    used = model.used_names
    rows = pa.table({name: column_values(matrix, name)[members] for name in used})
    rows = rows.add_column(0, _PLACE, pa.array(np.arange(len(members))))
    schema = pa.schema([(_PLACE, pa.int64()), ("added", pa.float64())])
    function = _batches_scorer(model.names, model.text())
    found = engine.map_batches(rows, function, schema).sort_by(_PLACE)
    return np.asarray(found["added"].to_numpy())


def _batches_scorer(
    names: tuple[str, ...], text: str | None
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """A function of record batches that carries the model as text: it runs on other machines."""

    def score(batches: Iterator[Any]) -> Iterator[Any]:
        model = SectorModel.from_text(names, text)
        for batch in batches:
            values = np.full((batch.num_rows, len(names)), np.nan)
            for place, name in enumerate(names):
                if name in batch.schema.names:
                    values[:, place] = batch.column(name).to_numpy(zero_copy_only=False)
            yield pa.RecordBatch.from_arrays(
                [batch.column(_PLACE), pa.array(model.added_log_odds(values))],
                names=[_PLACE, "added"],
            )

    return score
