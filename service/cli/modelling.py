"""`xinheng train | model`: from the archive to a signed model."""

from typing import Annotated

import typer

from models.model_card import metrics_table
from models.trained import TrainedModels
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH
from service.cli.screen import console, parse_day, print_table, progress_bar
from service.pipeline import operations
from service.settings import get_settings

model_app = typer.Typer(help="模型 / models", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("train")(train_command)
    app.add_typer(model_app, name="model")


def train_command(
    last_known: Annotated[
        str, typer.Option("--last-known", help="数据截止日 / last day whose results may be used")
    ],
) -> None:
    """训练、检验、校准并签名 / Train, evaluate on a later period, calibrate and sign."""
    settings = get_settings()
    with progress_bar("训练 train") as report:
        trained = operations.train_models(
            settings, last_known=parse_day(last_known), progress=report
        )
    print_metrics(trained)
    folder = operations.champion_folder(settings)
    console.print(f"模型已签名并启用 model signed and in use: {folder}")
    console.print(f"模型卡 model card: {folder / 'model_card.html'}")


@model_app.command("show")
def model_show() -> None:
    """当前模型 / The model in use, its signature checked, and where its card lies."""
    settings = get_settings()
    model, folder = operations.champion(settings), operations.champion_folder(settings)
    facts = [
        ("版本 version", model.version),
        ("文件夹 folder", str(folder)),
        ("签名 signature", "有效 valid"),
        ("指标 indicators", str(len(model.names))),
        ("行业子模型 sector models", "、".join(model.sectors) or "无 none"),
        ("模型卡 model card", str(folder / "model_card.html")),
    ]
    print_table("当前模型 model in use", ["项目 item", "内容 content"], facts)
    if model.cut_offs is not None:
        cut = model.cut_offs
        bounds = [
            (name, f"{value:.4f}") for name, value in (("B", cut.b), ("C", cut.c), ("D", cut.d))
        ]
        print_table(f"等级分界 cut-offs ({cut.as_of})", ["等级 grade", "概率下限 from"], bounds)


def print_metrics(trained: TrainedModels) -> None:
    """The held-out figures, with intervals."""
    console.print(metrics_table(trained))


def print_run(manifest: dict[str, object]) -> None:
    """How many enterprises have each grade, and what a grade is not."""
    grades, total = manifest["grades"], manifest["enterprises"]
    assert isinstance(grades, dict)
    assert isinstance(total, int)
    rows = [(grade, count, f"{count / max(total, 1):.1%}") for grade, count in grades.items()]
    print_table(
        f"分级 {manifest['run_id']}", ["等级 grade", "企业 enterprises", "占比 share"], rows
    )
    console.print(f"{STATEMENT_ZH}\n{STATEMENT_EN}")
    for name in manifest["unconfirmed_law"]:  # type: ignore[attr-defined]
        console.print(f"待法制审核 unconfirmed: {name}")
