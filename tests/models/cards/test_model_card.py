"""The card says what the model is, from what was computed."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

from rich.console import Console

from models.cards.model_card import card_html, card_markdown, metrics_table
from models.trained import TrainedModels

CREATED = datetime(2026, 10, 31, tzinfo=UTC)


def test_the_page_needs_nothing_beside_it_and_its_charts_are_whole(trained: TrainedModels) -> None:
    page = card_html(trained, created_at=CREATED)
    assert not re.findall(r"(?:src|href)=", page)
    assert "<script" not in page
    charts = re.findall(r"<svg viewBox.*?</svg>", page)
    assert len(charts) == 4  # the ranking, and a calibration plot for each of three models
    for chart in charts:
        ElementTree.fromstring(chart)
    lines = re.findall(r'<polyline points="([^"]*)"', charts[0])
    assert len(lines) == 2  # ours and the challenger's
    assert all(len(line.split()) == 101 for line in lines)


def test_the_card_states_purpose_figures_and_every_bin(trained: TrainedModels) -> None:
    card = card_markdown(trained, created_at=CREATED)
    assert "不是信用评价" in card
    assert "not a credit assessment" in card
    auc = trained.reports["general"].figures["auc"]
    assert f"{auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}]" in card
    assert "近24个月处罚次数 penalties (penalties_24m)" in card
    step = trained.scoring.scorecard.steps["penalties_24m"]
    section = card.split("(penalties_24m)")[1].split("##")[0]
    rows = [line for line in section.splitlines() if re.match(r"\| (≤|>|\d|缺失)", line)]
    assert len(rows) == len(step.values) + 1
    assert "1e-35" not in card
    silent = card.split("Indicators without influence")[1]
    assert "always_one" in silent
    assert "never_known" in silent


def test_the_table_for_the_terminal_has_every_model(trained: TrainedModels) -> None:
    console = Console(width=220, record=True)
    console.print(metrics_table(trained))
    text = console.export_text()
    for word in ("AUC", "通用模型", "食品子模型", "特种设备子模型", "挑战者", "提前天数"):
        assert word in text
