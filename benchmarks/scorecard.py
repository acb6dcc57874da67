"""The general card as a query beside `Booster.predict`: `python -m benchmarks.scorecard`.

Both score the same rows on one thread in one run, and CPU seconds are compared, so another program
on the machine hardly matters. First, with `--model FOLDER`, a trained model's own files over values
that fall into its bins as often as its training rows did; then a card of the size that training
gives (trees of two leaves), and the design's 300 trees of 63 leaves, additive, as the same card,
and with interactions, which no card can be.
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


def as_in_training(folder: Path, rows: int) -> Values:
    """Values at the edges of a trained card's bins, as often as training rows were in each."""
    content = json.loads((folder / "scorecard.json").read_bytes())
    rng = np.random.default_rng(SEED)
    columns = np.empty((rows, len(content["indicators"])))
    for at, (name, step) in enumerate(content["indicators"].items()):
        above = step["edges"][-1] + 1 if step["edges"] else 0.0
        places = np.array([*step["edges"], above, np.nan])
        shares = np.array(content["population"][name]["shares"])
        columns[:, at] = places[rng.choice(len(places), rows, p=shares / shares.sum())]
    return columns


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


def compared(name: str, booster: lightgbm.Booster, *, values: Values) -> dict[str, object]:
    """One line of the table."""
    names = booster.feature_name()
    predict, expected = cpu_seconds(
        lambda: np.asarray(booster.predict(values, raw_score=True, num_threads=1))
    )
    line: dict[str, object] = {
        "model": name,
        "rows": len(values),
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
        booster = lightgbm.Booster(model_file=str(folder / "general.txt"))
        yield compared("trained", booster, values=as_in_training(folder, rows))
    values = simulated(rows, INDICATORS, seed=SEED + 1)
    for name, leaves, additive in (
        ("card's size: 2 leaves", 2, True),
        ("63 leaves, additive", 63, True),
        ("63 leaves, interactions", 63, False),
    ):
        booster = boosted(leaves=leaves, trees=300, additive=additive)
        yield compared(name, booster, values=values)


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
