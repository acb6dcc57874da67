"""Counts per bin are what the scorecard's own bins say, however the rows are cut."""

import numpy as np
import pyarrow as pa

from models.rating.distribution import (
    MISSING_BIN,
    PROBABILITY,
    SCHEMA,
    count_bins,
    group_counts,
    merge_counts,
)
from models.trained import TrainedModels
from tests.models.simulated import GENERAL_NAMES, NAMES, matrix_of, values_of


def rows_of(counts: pa.Table, name: str) -> dict[int, int]:
    return {row["bin"]: row["rows"] for row in counts.to_pylist() if row["name"] == name}


def test_every_bin_of_every_general_indicator_is_counted(trained: TrainedModels) -> None:
    values = values_of(900, seed=4)
    model = trained.scoring
    counts = count_bins(model, matrix_of(values), np.linspace(0, 1, 900), belongs={})
    assert counts.schema == SCHEMA
    assert set(counts["name"].to_pylist()) == {*GENERAL_NAMES, PROBABILITY}
    for name, step in model.scorecard.steps.items():
        x = values[:, NAMES.index(name)]
        told = rows_of(counts, name)
        assert sorted(told) == [MISSING_BIN, *range(len(step.values))]
        assert told[MISSING_BIN] == np.isnan(x).sum()
        for at, low in enumerate([-np.inf, *step.edges]):
            high = [*step.edges, np.inf][at]
            assert told[at] == ((x > low) & (x <= high)).sum()


def test_probabilities_fall_into_twenty_bins_closed_below(trained: TrainedModels) -> None:
    matrix = matrix_of(values_of(6, seed=1))
    probability = np.array([0.0, 0.05, 0.15, np.nextafter(0.15, 0), 0.95, 1.0])
    told = rows_of(count_bins(trained.scoring, matrix, probability, belongs={}), PROBABILITY)
    assert {at: rows for at, rows in told.items() if rows} == {0: 1, 1: 1, 3: 1, 2: 1, 19: 2}
    assert len(told) == 21


def test_parts_add_up_to_the_whole(trained: TrainedModels) -> None:
    values, probability = values_of(500, seed=9), np.random.default_rng(0).random(500)
    matrix = matrix_of(values)
    food = np.arange(500) % 3 == 0
    whole = count_bins(trained.scoring, matrix, probability, belongs={"food": food})
    parts = [
        count_bins(
            trained.scoring,
            matrix.slice(at, 123),
            probability[at : at + 123],
            belongs={"food": food[at : at + 123]},
        )
        for at in range(0, 500, 123)
    ]
    assert merge_counts(parts).equals(whole)
    assert merge_counts([]).equals(SCHEMA.empty_table())


def test_nobody_falls_into_no_bin_of_any_sector(trained: TrainedModels) -> None:
    nobody = np.array([], dtype=bool)
    counts = count_bins(
        trained.scoring,
        matrix_of(values_of(2, seed=1)).slice(0, 0),
        np.array([]),
        belongs={"food": nobody, "special_equipment": nobody},
    )
    assert set(counts["rows"].to_pylist()) == {0}
    assert set(group_counts(counts)) == {"general", "food", "special_equipment"}


def test_sectors_that_share_members_count_them_each(trained: TrainedModels) -> None:
    rng = np.random.default_rng(3)
    matrix, probability = matrix_of(values_of(400, seed=3)), rng.random(400)
    belongs = {"food": rng.random(400) < 0.6, "special_equipment": rng.random(400) < 0.4}
    counted = group_counts(count_bins(trained.scoring, matrix, probability, belongs=belongs))
    for sector, members in belongs.items():
        own = count_bins(
            trained.scoring,
            matrix.filter(pa.array(members)),
            probability[members],
            belongs={sector: np.ones(members.sum(), dtype=bool)},
        )
        alone = group_counts(own)[sector]
        assert alone.keys() == counted[sector].keys()
        assert all((alone[name] == counted[sector][name]).all() for name in alone)


def test_counts_keep_the_missing_bin_last(trained: TrainedModels) -> None:
    matrix = matrix_of(values_of(300, seed=2))
    counts = group_counts(count_bins(trained.scoring, matrix, np.full(300, 0.3), belongs={}))
    assert list(counts) == ["general"]
    assert counts["general"]["never_known"].tolist() == [0, 300]
    assert counts["general"][PROBABILITY].argmax() == 6


def test_a_sectors_members_are_counted_by_what_its_sub_model_looks_at(
    trained: TrainedModels,
) -> None:
    values, rng = values_of(600, seed=12), np.random.default_rng(3)
    matrix, probability = matrix_of(values), rng.random(600)
    members = rng.random(600) < 0.3
    belongs = {"food": members, "special_equipment": ~members}
    told = group_counts(count_bins(trained.scoring, matrix, probability, belongs=belongs))
    assert list(told) == ["general", "food", "special_equipment"]
    model = trained.scoring.sectors["food"]
    assert model.trees
    general = trained.scoring.scorecard
    assert set(told["food"]) == {*model.used_names, *general.used_names, PROBABILITY}
    assert told["food"][PROBABILITY].sum() == members.sum()
    for name in (*model.used_names, *general.used_names):
        in_card = name in general.used_names
        edges = general.steps[name].edges if in_card else model.edges[name]
        x = values[members, NAMES.index(name)]
        assert in_card or len(edges) <= 9
        assert told["food"][name][-1] == np.isnan(x).sum()
        low = np.concatenate([[-np.inf], edges])
        high = np.concatenate([edges, [np.inf]])
        by_hand = [((x > a) & (x <= b)).sum() for a, b in zip(low, high, strict=True)]
        assert told["food"][name][:-1].tolist() == by_hand
