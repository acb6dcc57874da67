"""`xinheng model list | show | promote | rollback | card`; the rest is in `model_reports`."""

from html import escape
from pathlib import Path
from typing import Annotated, Any

import typer

from law.files import write_atomically
from models.registry.register import Act
from service.cli.model_reports import compare_command, drift_command, export_command
from service.cli.screen import console, print_table
from service.clock import utc_now
from service.model_registry import operations
from service.model_registry.operations import ListedModel, Succession
from service.settings import get_settings

model_app = typer.Typer(help="模型 / models", no_args_is_help=True)

STATES = {
    "champion": "在用 champion",
    "challenger": "候选 challenger",
    "retired": "停用 retired",
    "unregistered": "未登记 unregistered",
}
_ACTS = {
    "trained": "训练 trained",
    "promoted": "启用 promoted",
    "rolled_back": "退回 rolled back",
}
ByOption = Annotated[str, typer.Option("--by", help="姓名 / your name")]
ReasonOption = Annotated[str, typer.Option("--reason", help="理由 / why")]


def register(app: typer.Typer) -> None:
    """Add the group `model`."""
    model_app.command("compare")(compare_command)
    model_app.command("drift")(drift_command)
    model_app.command("export")(export_command)
    app.add_typer(model_app, name="model")


@model_app.command("list")
def list_command() -> None:
    """全部模型及其状态 / Every model: in use, challenger, retired; and the register of acts."""
    settings = get_settings()
    models = operations.list_models(settings)
    if not models:
        console.print("还没有模型 no model yet\n下一步 next: xinheng train --last-known 日期 DAY")
        return
    print_table(
        "模型 models",
        [
            "状态 state",
            "版本 version",
            "目录 folder",
            "数据截止 last known",
            "AUC（检验窗口 test window）",
            "签名与文件 signature and files",
        ],
        [_row(model) for model in models],
    )
    for model in models:
        if model.fault is not None:
            console.print(f"{model.folder.name}: {model.fault.zh}\n{model.fault.en}", style="red")
    acts = operations.register_of(settings).acts
    print_table("登记簿 register", *_register_table(acts))


@model_app.command("show")
def show_command(
    version: Annotated[
        str | None, typer.Argument(help="版本或目录，默认在用模型 / version or folder")
    ] = None,
) -> None:
    """一个模型 / A model, its signature checked, its acts, and where its card lies."""
    settings = get_settings()
    folder = operations.find_model(settings, version)
    model = operations.load_model(folder, settings)
    register = operations.register_of(settings)
    facts = [
        ("状态 state", STATES[register.state(model.version)]),
        ("版本 version", model.version),
        ("文件夹 folder", str(folder)),
        ("签名 signature", "有效 valid"),
        ("指标 indicators", str(len(model.names))),
        ("行业子模型 sector models", "、".join(model.sectors) or "无 none"),
        ("模型卡 model card", str(folder / "model_card.html")),
    ]
    print_table("模型 model", ["项目 item", "内容 content"], facts)
    own = [act for act in register.acts if model.version in (act.version, act.replaced)]
    if own:
        print_table("登记簿 register", *_register_table(own))
    if model.cut_offs is not None:
        cut = model.cut_offs
        bounds = [
            (name, f"{value:.4f}") for name, value in (("B", cut.b), ("C", cut.c), ("D", cut.d))
        ]
        print_table(f"等级分界 cut-offs ({cut.as_of})", ["等级 grade", "概率下限 from"], bounds)


@model_app.command("promote")
def promote_command(
    version: Annotated[str, typer.Argument(help="版本或目录 / version or folder")],
    by: ByOption = "",
    reason: ReasonOption = "",
) -> None:
    """启用一个模型，记明姓名和理由 / Put a model into use, with a name and a reason."""
    done = operations.promote(get_settings(), version, by=by, reason=reason, now=utc_now())
    _tell("已启用 in use now", done)


@model_app.command("rollback")
def rollback_command(by: ByOption = "", reason: ReasonOption = "") -> None:
    """退回前一个在用模型 / Return to the model that was in use before."""
    done = operations.roll_back(get_settings(), by=by, reason=reason, now=utc_now())
    _tell("已退回 returned to", done)


def _tell(what: str, done: Succession) -> None:
    console.print(
        f"{what}: {done.now}（{done.folder.name}）\n"
        f"原在用 in use before: {done.before or '无 none'}\n"
        "已发布的等级不变，下次分级起生效 grades stay until the next run: xinheng score"
    )


def _row(model: ListedModel) -> tuple[Any, ...]:
    state, valid = STATES[model.state], "拒绝 refused"
    last_known = auc = ""
    if model.read is not None:
        valid = "有效 valid"
        last_known = model.read.manifest["snapshot"].get("last_known", "")
        general = model.read.manifest["metrics"].get("general", {}).get("figures", {})
        if "auc" in general:
            one = general["auc"]
            auc = f"{one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]"
    return state, model.version, model.folder.name, last_known, auc, valid


def _register_table(acts: Any) -> tuple[list[str], list[tuple[str, ...]]]:
    def line(act: Act) -> tuple[str, ...]:
        return _ACTS[act.act], act.version, act.replaced, act.by, act.reason, f"{act.at[:19]}Z"

    headers = ["行为 act", "版本 version", "替换 replaced", "姓名 who", "理由 why", "时间 when"]
    return headers, [line(act) for act in acts]


@model_app.command("card")
def card_command(
    out: Annotated[Path, typer.Option("--out", help="写入的文件夹 / folder to write to")],
    name: Annotated[
        str | None, typer.Option("--name", help="文件名 / file name; 默认为版本 default: version")
    ] = None,
    note: Annotated[
        str, typer.Option("--note", help="写在标题下的说明 / a line to stand below the title")
    ] = "",
) -> None:
    """把当前模型的模型卡写成 Markdown 和网页 / Write the model card of the model in use."""
    settings = get_settings()
    version = operations.champion(settings).version  # an artefact that was changed is refused
    folder, stem = operations.champion_folder(settings), name or version
    for suffix, title in ((".md", "# 模型说明书 Model card\n"), (".html", "</h1>")):
        card = (folder / f"model_card{suffix}").read_text("utf-8")
        line = f"\n**{note}**\n" if suffix == ".md" else f"<p><b>{escape(note)}</b></p>"
        if note:
            card = card.replace(title, title + line, 1)
        write_atomically(out / f"{stem}{suffix}", card.encode())
        console.print(str(out / f"{stem}{suffix}"))
