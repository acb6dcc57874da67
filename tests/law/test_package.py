"""The committed files of law as a whole, and the words that other rooms take from them."""

import doctest
from datetime import date
from pathlib import Path

import pytest
import yaml

import law
from law import calendar, regions
from law.calendar import counting
from law.values import _CHECKERS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "law.md").read_text(encoding="utf-8")


def test_every_parameter_has_an_open_nationwide_value() -> None:
    """All but the local ceiling, for which no national figure exists."""
    without = {
        name
        for name in law.names()
        if not any(
            value.region == law.NATIONWIDE and value.value is not None and value.until is None
            for value in law.parameter(name).values
        )
    }
    assert without == {"double_random.general_item_ceiling_per_mille"}


@pytest.mark.parametrize("name", law.names())
def test_every_value_has_its_reference(name: str) -> None:
    for value in law.parameter(name).values:
        assert value.reference.act
        assert value.is_confirmed <= (value.source in ("checked", "policy_document"))


def test_record_kinds_use_tables_that_exist() -> None:
    path = ROOT / "features" / "catalog" / "record_kinds.yaml"
    kinds = yaml.safe_load(path.read_text(encoding="utf-8"))
    tables = {
        field["table"]
        for kind in kinds.values()
        for field in kind["fields"].values()
        if "table" in field
    }
    assert tables
    for table in tables:
        assert law.codes(table)


def test_result_codes_are_grouped_as_promised() -> None:
    codes = law.codes("inspection_results")
    assert "".join(codes) == "1BCD345G6EF789101112A"
    groups = {code.attributes["class"] for code in codes.values()}
    assert groups == {
        "no_problem", "problem", "rectified", "unreachable", "no_activity", "closed", "refused",
        "pending",
    }  # fmt: skip


def test_default_ratios_lie_in_every_published_range() -> None:
    day = date(2026, 4, 1)
    ratios = law.value("double_random.sampling_ratio_per_mille", on=day)
    for bounds in law.parameter("double_random.sampling_ratio_bounds_per_mille").values:
        for grade, (low, high) in bounds.value.items():
            assert low <= ratios[grade] <= high


def test_areas_are_nested() -> None:
    areas = law.codes("areas")
    for code, area in areas.items():
        parents = regions.widening(code)[1:-1]
        assert all(parent in areas for parent in parents), area.zh


def test_guide_names_every_table_and_type() -> None:
    for word in (*law.load().tables, *_CHECKERS):
        assert f"`{word}`" in GUIDE, word


@pytest.mark.parametrize("module", [law, regions, counting, calendar])
def test_examples_of_the_docstrings(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
