"""The general card as a query beside `Booster.predict`: `python -m benchmarks.scorecard`.

Both score the same rows on one thread in one run, and CPU seconds are compared, so another program
on the machine hardly matters. First a card of the size that training gives (trees of two leaves,
stopped early), or a model's own files with `--model FOLDER`; then the design's 300 trees of 63
leaves, additive, as the same card, and with interactions, which no card can be.
"""

import argparse
import json
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.engine import Engine
from models.learning.calibration import Calibration
from models.learning.columns import ModelIndicator
from models.learning.scorecard import Scorecard
from models.learning.trees import collapse
from models.rating.points import PointsScale
from models.rating.scorecard_sql import LOG_ODDS, with_scores
from models.rating.scoring_model import GENERAL, ScoringModel

COLUMNS = (
    "model",
    "rows",
    "trees",
    "predict, CPU s",
    "indicators used",
    "bins",
    "query, CPU s",
    "times faster",
    "largest difference",
)
INDICATORS, LEARNED_ROWS, SEED = 100, 40_000, 20261031
Values = NDArray[np.float64]


def simulated(rows: int, columns: int, *, seed: int) -> Values:
    """Counts and amounts, a tenth missing, as indicators are."""
    rng = np.random.default_rng(seed)
    values = rng.poisson(0.7, (rows, columns)).astype(np.float64)
    values[:, ::3] = 10 * rng.normal(size=(rows, len(range(0, columns, 3))))
    for column in range(columns):  # a column at a time, for the memory
        values[rng.random(rows) < 0.1, column] = np.nan
    return values


def boosted(*, leaves: int, trees: int, additive: bool) -> lightgbm.Booster:
    """Trees over simulated rows."""
    values = simulated(LEARNED_ROWS, INDICATORS, seed=SEED)
    rng = np.random.default_rng(SEED)
    log_odds = np.nan_to_num(values) @ (0.1 * rng.normal(size=INDICATORS))
    bad = rng.random(LEARNED_ROWS) < 1 / (1 + np.exp(-log_odds))
    parameters = {
        "objective": "binary",
        "num_leaves": leaves,
        "learning_rate": 0.1,
        "max_bin": 63,
        "num_threads": 1,
        "seed": SEED,
        "verbose": -1,
    }
    if additive:
        parameters["interaction_constraints"] = [[at] for at in range(INDICATORS)]
    return lightgbm.train(parameters, lightgbm.Dataset(values, bad.astype(float)), trees)


def cpu_seconds(work: Callable[[], Values]) -> tuple[float, Values]:
    """CPU seconds of this process, all threads, and what the work gave."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    result = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, result


def by_query(card: Scorecard, table: pa.Table) -> tuple[float, Values]:
    """The card over columns that DuckDB holds; the better of two runs."""
    model = ScoringModel(
        indicators=tuple(ModelIndicator(name, "", "", None, "count", 0) for name in card.names),
        scorecard=card,
        sectors={},
        calibrations={GENERAL: Calibration(1.0, 0.0, 1, 1)},
        points_scale=PointsScale(),
        definitions={},
    )
    with Engine(memory_limit="8GB", threads=1) as engine:
        # In the order of the rows, without sorting: one thread keeps it.
        query = engine.prepare(with_scores(model, engine.memory(table)).select(LOG_ODDS))
        runs = [cpu_seconds(lambda: engine.fetch(query)[LOG_ODDS].to_numpy()) for _ in range(2)]
    return min(runs, key=lambda one: one[0])


def compared(name: str, booster: lightgbm.Booster, *, rows: int) -> dict[str, object]:
    """One line of the table."""
    names = booster.feature_name()
    values = simulated(rows, len(names), seed=SEED + 1)
    predict, expected = cpu_seconds(
        lambda: np.asarray(booster.predict(values, raw_score=True, num_threads=1))
    )
    line: dict[str, object] = {
        "model": name,
        "rows": rows,
        "trees": booster.num_trees(),
        "predict, CPU s": round(predict, 2),
    }
    try:
        card = collapse(booster, names)
    except ValueError:  # its trees mix indicators
        return line
    columns = {name: pa.array(values[:, at], from_pandas=True) for at, name in enumerate(names)}
    query, found = by_query(card, pa.table(columns))
    return line | {
        "indicators used": len(card.used_names),
        "bins": sum(len(card.steps[name].values) for name in card.used_names),
        "query, CPU s": round(query, 2),
        "times faster": round(predict / query, 1),
        "largest difference": f"{np.abs(found - expected).max():.0e}",
    }


def lines(rows: int, folder: Path | None) -> Iterator[dict[str, object]]:
    """Every line of the table."""
    if folder is not None:
        told = json.loads((folder / "manifest.json").read_bytes())["snapshot"]
        booster = lightgbm.Booster(model_file=str(folder / "general.txt"))
        yield compared(f"trained, known to {told['last_known']}", booster, rows=rows)
    yield compared("card's size: 2 leaves", boosted(leaves=2, trees=300, additive=True), rows=rows)
    yield compared("63 leaves, additive", boosted(leaves=63, trees=300, additive=True), rows=rows)
    yield compared(
        "63 leaves, interactions", boosted(leaves=63, trees=300, additive=False), rows=rows
    )


def main() -> None:
    """Print the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--model", type=Path, help="folder of a trained model")
    asked = parser.parse_args()
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + "---|" * len(COLUMNS), flush=True)
    for line in lines(asked.rows, asked.model):
        print("| " + " | ".join(str(line.get(name, "-")) for name in COLUMNS) + " |", flush=True)


if __name__ == "__main__":
    main()
