"""Two models are compared on the same rows, and their tables bin by bin."""

import json
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from models.cards.report_tables import ReportPart, report_page, report_workbook
from models.comparison.card_changes import changed_bins
from models.comparison.held_out import paired_figures
from models.registry.artefact import Artefact
from models.registry.points_export import bin_words
from models.study.evaluate import auc


def artefact_of(tables: dict[str, tuple[list[float], list[float], float]]) -> Artefact:
    """An artefact with nothing but a points table: edges, points, missing by indicator."""
    indicators = {
        name: {"edges": edges, "points": points, "missing": missing}
        for name, (edges, points, missing) in tables.items()
    }
    rows = [
        {"name": name, "zh": f"指标{name}", "en": name, "sector": None, "unit": unit, "sign": 1}
        for name, unit in (("a", "count"), ("b", "ratio"), ("c", "flag"))
    ]
    files = {
        "scorecard.json": json.dumps({"points_table": {"indicators": indicators}}).encode(),
        "indicators.json": json.dumps({"indicators": rows}).encode(),
    }
    return Artefact(Path("m"), {"version": "0"}, files)


def test_only_stretches_whose_points_differ_are_told() -> None:
    first = artefact_of({"a": ([0.5, 2.5], [5.0, 0.0, -8.0], 1.0), "b": ([0.3], [1.0, -1.0], 0.0)})
    second = artefact_of({"a": ([0.5, 1.5], [5.0, 0.0, -6.0], 1.0), "c": ([0.5], [0.0, -2.0], 0.0)})
    told = [
        (one.indicator.name, one.words, one.first, one.second)
        for one in changed_bins(first, second)
    ]
    assert told == [
        ("a", "2 个（次）", 0.0, -6.0),
        ("a", "≥ 3 个（次）", -8.0, -6.0),
        ("c", "是 yes (1)", 0.0, -2.0),
        ("b", "≤ 0.3（比率 0–1）", 1.0, 0.0),
        ("b", "> 0.3（比率 0–1）", -1.0, 0.0),
    ]
    assert changed_bins(first, first) == []


@pytest.mark.parametrize(
    ("edges", "unit", "words"),
    [
        ([0.5, 1.5000000000000002, 4.5], "count", ["≤ 0", "1", "2 至 4", "≥ 5"]),
        ([1e-35], "days", ["≤ 0", "≥ 1"]),
        ([0.5], "flag", ["否 no (0)", "是 yes (1)"]),
        ([1e-35, 0.25], "ratio", ["≤ 0（", "> 0 且 ≤ 0.25（", "> 0.25（"]),
        ([], "count", ["有值 any value"]),
    ],
)
def test_bins_are_told_in_words(edges: list[float], unit: str, words: list[str]) -> None:
    told = bin_words(edges, unit=unit)
    assert told[-1] == "缺失 missing"
    assert len(told) == len(words) + 1
    for said, begin in zip(told, words, strict=False):
        assert said.startswith(begin)


def test_figures_are_paired_and_a_model_never_differs_from_itself() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(600)
    is_bad = rng.random(600) < truth
    day = np.datetime64("2026-01-01") + rng.integers(0, 300, 600)
    noise = rng.random(600)
    same = paired_figures(is_bad, day, first=truth, second=truth, replicates=20)
    assert all(three[2].low == three[2].high == 0 for three in same.values())
    figures = paired_figures(is_bad, day, first=noise, second=truth, replicates=60)
    first, second, difference = figures["auc"]
    assert first.value == auc(is_bad, noise)
    assert difference.value == pytest.approx(second.value - first.value)
    assert difference.low > 0
    # Paired: narrower than two intervals laid side by side.
    spread = (second.high - second.low) + (first.high - first.low)
    assert difference.high - difference.low < spread


def test_a_report_is_a_page_and_a_workbook(tmp_path: Path) -> None:
    parts = [
        ReportPart(
            "甲", "表一 <one>", ("注意 & note",), ("代码", "数"), [["007", 1.5], ["=1+1", None]]
        ),
        ReportPart("乙", "空表 empty", (), ("代码",), []),
        ReportPart("丙", "说明 notes alone", ("没有 nothing",)),
    ]
    page = report_page("报告 report", parts)
    assert "&lt;one&gt;" in page
    assert "（无 none）" in page
    assert "<script" not in page
    (tmp_path / "r.xlsx").write_bytes(report_workbook(parts))
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == ["甲", "乙", "说明"]
    assert [cell.value for cell in book["甲"][2]] == ["007", 1.5]
    assert book["甲"]["A3"].data_type == "s"
    assert len(list(book["说明"].iter_rows())) == 3
