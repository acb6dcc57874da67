"""`xinheng train`: from the archive to a signed model."""

from typing import Annotated

import typer

from models.cards.model_card import metrics_table
from models.trained import TrainedModels
from scoring.workbook import STATEMENT_EN, STATEMENT_ZH
from service.cli.screen import console, parse_day, print_table, progress_bar
from service.pipeline import operations
from service.settings import get_settings


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("train")(train_command)


def train_command(
    last_known: Annotated[
        str, typer.Option("--last-known", help="数据截止日 / last day whose results may be used")
    ],
    by: Annotated[
        str, typer.Option("--by", help="训练人姓名，记入登记簿 / who trains, for the register")
    ] = operations.TRAINING,
    reason: Annotated[str, typer.Option("--reason", help="训练理由 / why")] = "",
    config: Annotated[
        str, typer.Option(help="训练配置（models/configs）/ training configuration")
    ] = "default",
    full_card: Annotated[
        bool,
        typer.Option(
            "--full-card",
            help="模型卡另含历次窗口、公平性、维度剔除、学习曲线（耗时数倍） / add earlier windows,"
            " equity, ablation and learning curves to the model card (takes several times as long)",
        ),
    ] = False,
) -> None:
    """训练、检验、校准并签名 / Train, evaluate on a later period, calibrate and sign."""
    settings = get_settings()
    with progress_bar("训练 train") as report:
        training = operations.train_models(
            settings,
            last_known=parse_day(last_known),
            config=config,
            by=by,
            reason=reason,
            full_card=full_card,
            progress=report,
        )
    print_metrics(training.trained)
    console.print(f"模型已签名 model signed: {training.folder}")
    console.print(f"模型卡 model card: {training.folder / 'model_card.html'}")
    if training.state == "champion":
        console.print("这是第一个模型，已启用 the first model, in use now")
        return
    name = training.folder.name
    console.print(
        "已有在用模型，本模型为候选，尚未启用 a model is in use already; this one is a challenger"
        f"\n下一步 next: xinheng model compare {operations.champion_folder(settings).name} {name}"
        f"\n启用 to use it: xinheng model promote {name} --by 姓名 --reason 理由"
    )


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
    chosen_on = manifest.get("cut_offs_chosen_on_other_model")
    if chosen_on is not None:
        console.print(
            f"注意：本局等级分界是在另一模型 {chosen_on} 上选定的，现用模型为 "
            f"{manifest['model_version']}，各等级比例会偏离方案，"
            "请重新提出分界（xinheng rules propose）。"
            "\nAttention: the office's cut-offs were chosen on another model than the one in use; "
            "shares differ from the plan. Propose them again: xinheng rules propose",
            style="yellow",
        )
    for name in manifest["unconfirmed_law"]:  # type: ignore[attr-defined]
        console.print(f"待法制审核 unconfirmed: {name}")
