"""A sector is an entry of a configuration: members, indicators, label."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from features.indicators import catalogue
from models.configs.training import load_config
from models.errors import ColumnError, ConfigError
from models.learning.columns import ModelIndicator, remember, sector_columns
from models.rating.sectors import IndicatorChoice, Members, Sector, joined_names, memberships
from models.registry.artefact import load, save
from models.registry.signing import key_id
from models.train import train_on
from tests.models.simulated import (
    INDICATORS,
    cohort_of,
    cohorts_of,
    matrix_of,
    small_config,
    values_of,
)

MATRIX = pa.table({"tests_36m": [0.0, 2.0, None, 0.0]})
PROFILE = pa.table(
    {
        "is_food": [True, False, None, False],
        "holds_other": [False, False, False, True],
        "industry_code": ["2452", "6210", None, "1331"],
    }
)
TOYS = Sector(
    zh="玩具",
    en="toys",
    members=Members(industries=("245",)),
    indicators=IndicatorChoice(general=False, names=("penalties_24m", "complaints_12m")),
    minimum_positives=5,
)


@pytest.mark.parametrize(
    ("rule", "belongs"),
    [
        (Members(flags=("is_food",)), [True, False, False, False]),
        (Members(licence_kinds=("other",)), [False, False, False, True]),
        (Members(industries=("24", "13")), [True, False, False, True]),
        (Members(indicators=("tests_36m",)), [False, True, False, False]),
        (Members(flags=("is_food",), indicators=("tests_36m",)), [True, True, False, False]),
    ],
)
def test_whoever_meets_any_rule_belongs_and_null_belongs_nowhere(
    rule: Members, belongs: list[bool]
) -> None:
    assert rule.mask(MATRIX, PROFILE).tolist() == belongs


def test_a_column_that_a_rule_needs_is_asked_for_by_name() -> None:
    with pytest.raises(ColumnError, match="holds_mining"):
        Members(licence_kinds=("mining",)).mask(MATRIX, PROFILE)


def test_names_of_sectors_are_joined_in_the_order_of_the_configuration() -> None:
    rule = {"toys": TOYS, "food": Sector(zh="食品", en="food", members=Members(flags=("is_food",)))}
    assert joined_names(memberships(rule, MATRIX, PROFILE), rows=4).to_pylist() == [
        "toys;food", "", "", "",
    ]  # fmt: skip


def test_a_sub_model_looks_at_what_its_sector_chose() -> None:
    config = load_config("product_quality")
    assert list(config.sectors) == ["food", "special_equipment", "product_quality"]
    choice = config.sectors["product_quality"].indicators
    rows = sector_columns(remember(catalogue()), choice)
    assert {row.dimension for row in rows} >= {"supervision", "social"}
    assert {row.sector for row in rows} == {None}
    assert "age_months" in {row.name for row in rows}
    assert not any(row.name.startswith("food_") for row in rows)


def written(folder: Path, content: object) -> Path:
    source = Path(__file__).parents[3] / "models" / "configs" / "default.yaml"
    (folder / "default.yaml").write_text(source.read_text("utf-8"), "utf-8")
    (folder / "own.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return folder


def test_labels_and_sectors_are_joined_and_null_takes_one_out(tmp_path: Path) -> None:
    own = {
        "extends": "default",
        "labels": {"toys": "product_quality", "food": None},
        "sectors": {"toys": TOYS.model_dump(mode="json"), "food": None},
    }
    config = load_config("own", folder=written(tmp_path, own))
    assert set(config.labels.present()) == {"general", "special_equipment", "toys"}
    assert config.sectors["toys"] == TOYS
    assert config.positives_needed("toys") == 5
    assert config.positives_needed("special_equipment") == config.sector_minimum_positives


@pytest.mark.parametrize(
    ("own", "fault"),
    [
        ({"labels": {"toys": "product_quality"}}, "toys"),
        ({"sectors": {"toys": {"zh": "玩具", "en": "toys", "members": {}}}}, "members"),
        ({"sectors": {"toys": {"zh": "玩具", "members": {"flags": ["is_food"]}}}}, "en"),
    ],
)
def test_an_unfinished_sector_is_refused(
    tmp_path: Path, own: dict[str, object], fault: str
) -> None:
    with pytest.raises(ConfigError, match=fault):
        load_config("own", folder=written(tmp_path, {"extends": "default", **own}))


def test_a_third_sector_is_trained_saved_and_served_without_code(tmp_path: Path) -> None:
    days = [date(2021, 12, 31), date(2022, 12, 31)]
    cohorts = cohorts_of(days, rows=800, seed=5)
    cohorts["toys"] = [cohort_of(day, rows=600, seed=50, sector="food") for day in days]
    default = small_config()
    config = default.model_copy(
        update={
            "labels": default.labels.model_copy(update={"toys": "product_quality"}),
            "sectors": {**default.sectors, "toys": TOYS},
        }
    )
    trained = train_on(cohorts, indicators=INDICATORS, config=config, definitions="a" * 64)
    assert list(trained.scoring.sectors) == ["toys"]
    assert trained.scoring.sectors["toys"].names == ("penalties_24m", "complaints_12m")
    key = Ed25519PrivateKey.generate()
    save(trained, tmp_path / "m", key=key, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert "玩具子模型 toys" in (tmp_path / "m" / "model_card.md").read_text("utf-8")
    trusted = {key_id(key.public_key()): key.public_key()}
    loaded = load(tmp_path / "m", trusted=trusted, definitions_hash="a" * 64)
    assert loaded.definitions == trained.scoring.definitions
    matrix = matrix_of(values_of(200, seed=3))
    codes = ["2451" if number % 2 else "6210" for number in range(200)]
    none = [False] * 200
    profile = pa.table({"is_food": none, "is_special_equipment": none, "industry_code": codes})
    scores = loaded.score(matrix, profile)
    assert set(scores.sector[1::2]) == {"toys"}
    assert set(scores.sector[::2]) == {"general"}
    assert np.array_equal(scores.log_odds, trained.scoring.score(matrix, profile).log_odds)


def test_an_indicator_that_the_catalogue_lacks_is_named() -> None:
    default = small_config()
    wrong = TOYS.model_copy(update={"indicators": IndicatorChoice(names=("absent_one",))})
    config = default.model_copy(
        update={
            "labels": default.labels.model_copy(update={"toys": "product_quality"}),
            "sectors": {**default.sectors, "toys": wrong},
        }
    )
    cohorts = cohorts_of([date(2022, 12, 31)], rows=300, seed=5)
    with pytest.raises(ConfigError, match="toys: absent_one"):
        train_on(cohorts, indicators=INDICATORS, config=config)


def test_a_model_indicator_remembers_its_dimension() -> None:
    row = next(one for one in catalogue() if one.name == "food_static_tier")
    assert ModelIndicator.of(row).dimension == "food"
