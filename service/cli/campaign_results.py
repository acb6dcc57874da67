"""`xinheng campaign results | estimate`: results in, estimates with intervals out."""

import re
from pathlib import Path
from typing import Annotated

import typer

from law.files import write_atomically
from scoring.double_random.estimates import Figure, RoundEstimates, check_ratios
from scoring.double_random.estimates.layout import DECIMAL, PERCENT, WHOLE, tell
from scoring.double_random.estimates.report import state
from scoring.double_random.estimates.words import METHODS, OUTCOMES, RESTRICTION
from scoring.errors import RatioError
from service.campaigns import estimates as operations
from service.campaigns.results import take_in_results
from service.cli.screen import console, print_table
from service.clock import aware_now
from service.settings import get_settings

RoundOption = Annotated[str, typer.Option("--round", help="轮次编号，如 2026-11 / round")]


def register(group: typer.Typer) -> None:
    """Add these commands to the group `campaign`."""
    group.command("results")(results_command)
    group.command("estimate")(estimate_command)
    group.command("labels")(labels_command)


def results_command(
    round_id: RoundOption,
    file: Annotated[Path, typer.Argument(help="检查结果 CSV 或 Excel / results")],
    replace: Annotated[
        bool, typer.Option("--replace", help="允许更正已有结果 / let rows replace earlier ones")
    ] = False,
) -> None:
    """录入检查结果文件 / Take in a file of results, all of it or nothing.

    列 columns：统一社会信用代码、抽查事项、检查结果代码、完成日期、检查人员；可选：未完成、原因。
    """
    done = take_in_results(
        get_settings().campaigns_dir, round_id, file, now=aware_now(), replace=replace
    )
    _say(
        f"新增 added {done.added}，更正 changed {done.changed}，"
        f"已有 unchanged {done.unchanged}；共 total {done.total}"
    )
    _say(f"下一步 next: xinheng campaign estimate --round {round_id} --out report.html")


def estimate_command(
    round_id: RoundOption,
    out: Annotated[
        list[Path] | None,
        typer.Option("--out", help="报告 .html、.xlsx 或 .json，可重复 / report, repeatable"),
    ] = None,
    other: Annotated[
        list[str] | None,
        typer.Option(
            "--other", help="另一组比例，如 A=5,B=50,C=400,D=900（千分比）/ other ratios, per mille"
        ),
    ] = None,
) -> None:
    """由检查结果推算全体，附区间 / Estimate the whole population, with intervals."""
    for path in out or []:
        operations.check_report_path(path)
    estimates, notes = operations.estimate(
        get_settings(), round_id, other_ratios=_parse_others(other or [])
    )
    told = state(estimates)
    _say(f"{told.zh}\n{told.en}")
    for note in notes:
        _say(f"注意 note: {note.zh}\n{note.en}")
    if estimates.sample.done:
        _print_figures(estimates)
    for path in out or []:
        operations.write_report(estimates, path)
        _say(f"报告 report: {path}")
    _say(f"{RESTRICTION.zh}\n{RESTRICTION.en}")


def labels_command(
    out: Annotated[Path, typer.Option("--out", help="标签表 CSV / table of labels")],
) -> None:
    """已完成轮次的标签与被抽概率 / Labels and inclusion probabilities of finished rounds."""
    labels, line = operations.drawn_labels(get_settings())
    write_atomically(out, labels.to_pandas().to_csv(index=False, lineterminator="\n").encode())
    bad = sum(labels["label"].to_pylist())
    _say(f"{labels.num_rows} 户 enterprises，不良 bad {bad}：{out}")
    if line is not None:
        _say(
            f"按被抽概率加权的校准 weighted calibration: {line.method}，"
            f"斜率 slope {line.slope:.3f}，截距 intercept {line.intercept:+.3f}"
            "（1 与 0 为无须修正 1 and 0: nothing to correct）"
        )


def _say(text: str) -> None:
    # Names come from outside: brackets in them are no markup, and paths are never broken.
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _parse_others(texts: list[str]) -> dict[str, dict[str, int]]:
    others: dict[str, dict[str, int]] = {}
    for text in texts:
        pairs = re.findall(r"([A-Da-d])\s*=\s*(\d{1,4})(?=\s*(?:[,，;；]|$))", text)
        ratios = {grade.upper(): int(number) for grade, number in pairs}
        if len(pairs) != len(re.split("[,，;；]", text.strip())):
            raise RatioError(
                f"比例 {text!r} 应写作 A=5,B=50,C=400,D=900（千分比，整数）",
                f"The ratios {text!r} must be like A=5,B=50,C=400,D=900, per mille",
            )
        check_ratios(ratios)
        others[text] = ratios
    return others


def _print_figures(estimates: RoundEstimates) -> None:
    rows = [
        (f"全体 all: {OUTCOMES[name]}", *_cells(one, PERCENT))
        for name, one in estimates.rates.items()
    ]
    rows += [(f"{one.grade} 级 grade", *_cells(one.rate, PERCENT)) for one in estimates.grades]
    rows += [
        ("有问题企业 enterprises with a problem", *_cells(estimates.problem_total, WHOLE)),
        ("每次检查发现问题 problems per visit", *_cells(estimates.hit_rate, PERCENT)),
        ("提升倍数 lift", *_cells(estimates.lift, DECIMAL)),
        ("每百户守规企业检查 per 100 compliant", *_cells(estimates.burden, DECIMAL)),
    ]
    headers = ["项目 item", "估计 estimate", "下限 lower", "上限 upper", "n", "方法 method"]
    print_table(f"轮次 round {estimates.sample.plan.round}", headers, rows)


def _cells(one: Figure, kind: str) -> tuple[str, str, str, int, str]:
    value, low, high = (tell(part, kind) for part in (one.value, one.low, one.high))
    return value, low, high, one.n, METHODS[one.method]
