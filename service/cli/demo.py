"""`xinheng demo`: the whole job once, on a simulated city or on real public registers."""

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from features.simulation import simulate
from service.campaigns.operations import HandInPaths
from service.cli.data import print_reports
from service.cli.modelling import print_metrics, print_run
from service.cli.screen import console, progress_bar
from service.clock import office_day, utc_now
from service.db.connection import Database
from service.pipeline.demonstration import (
    Demonstration,
    Outcome,
    run_demonstration,
    simulated_roster,
)
from service.pipeline.errors import DemonstrationFolderError
from service.pipeline.operations import open_database
from service.security import keys
from service.security.scopes import Scope
from service.settings import Settings, get_settings

CITY_LAST_DAY = date(2026, 10, 31)
# Real public registers, and the last day that each of them tells of.
PUBLIC_REGISTERS = {
    "chicago": date(2014, 8, 31),
    "sf_food": date(2018, 9, 30),
    "nyc_elevators": date(2015, 6, 30),
}


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("demo")(demo_command)


def demo_command(
    home: Annotated[Path, typer.Option(help="数据目录 / folder for everything made")] = Path(
        "var/demo"
    ),
    enterprises: Annotated[int, typer.Option(min=1500, help="企业数 / enterprises")] = 20_000,
    seed: Annotated[int, typer.Option(help="随机种子 / seed")] = 20261031,
    public_data: Annotated[
        Path | None,
        typer.Option("--public-data", help="真实公开数据目录 / folder of the public registers"),
    ] = None,
) -> None:
    """从部门文件到分级、抽查和控制台 / From files to grades, a draw and the console."""
    if public_data is not None:
        _public_registers(public_data, home)
        return
    _simulated_city(home, enterprises=enterprises, seed=seed)


def _simulated_city(home: Path, *, enterprises: int, seed: int) -> None:
    city = home / f"city-{enterprises}-{seed}"
    if not city.is_dir():
        with progress_bar("模拟城市 simulated city") as report:
            simulate(
                city,
                enterprises=enterprises,
                seed=seed,
                last_day=CITY_LAST_DAY,
                progress=lambda done, of: report("simulate", done, of),
            )
    settings = get_settings().model_copy(update={"home": home / f"home-{enterprises}-{seed}"})
    staff = city / "staff"
    demonstration = Demonstration(
        folder=city,
        as_of=CITY_LAST_DAY,
        config="quick",
        hand_ins=HandInPaths(staff / "inspectors.csv", staff / "avoidance.csv"),
        items=("登记事项检查", "公示信息检查"),
        seed=seed,
    )
    _run(demonstration, settings, title="模拟城市（全部数据为模拟）SIMULATED city")
    key = _console_key(settings)
    console.print(
        f"\n控制台登录密钥 console key（只显示一次 shown once）: [bold]{key}[/bold]\n"
        f"启动 start: XINHENG_HOME={settings.home} {sys.argv[0]} serve\n"
        f"控制台 console: http://{settings.host}:{settings.port}/"
        f"  接口文档 API: http://{settings.host}:{settings.port}/docs"
    )


def _public_registers(public_data: Path, home: Path) -> None:
    absent = [name for name in PUBLIC_REGISTERS if not (public_data / name).is_dir()]
    if absent:
        raise DemonstrationFolderError(public_data, absent)
    for name, last_day in PUBLIC_REGISTERS.items():
        settings = get_settings().model_copy(update={"home": home / name, "region": "000000"})
        until = office_day(utc_now()) + timedelta(days=365)
        roster = simulated_roster(home / name / "roster.csv", until=until)
        demonstration = Demonstration(
            folder=public_data / name,
            as_of=last_day,
            config="short_history",
            hand_ins=HandInPaths(roster),
            items=("日常检查",),
            seed=1,
            # Grades came into Chinese law after these records: they are studied under today's.
            law_on=office_day(utc_now()),
        )
        _run(demonstration, settings, title=f"真实公开数据 real public register: {name}")


def _run(demonstration: Demonstration, settings: Settings, *, title: str) -> Outcome:
    console.rule(title)
    with progress_bar(title) as report:
        outcome = run_demonstration(demonstration, settings, progress=report)
    print_reports(list(outcome.imports))
    print_metrics(outcome.training.trained)
    print_run(outcome.run.manifest)
    counts = outcome.drawn.record.strata
    drawn, frame = sum(each.drawn for each in counts), sum(each.population for each in counts)
    verdict = "核验通过 verified" if not outcome.differences else "核验不通过 NOT verified"
    console.print(
        f"抽查 draw {outcome.round_id}: {drawn} / {frame} · {verdict}\n"
        f"证据 evidence: {outcome.drawn.folder}\n"
        f"独立核验 independent check: python docs/verify_draw.py {outcome.drawn.folder}"
    )
    return outcome


def _console_key(settings: Settings) -> str:
    with open_database(settings) as database:
        return _issue(database)


def _issue(database: Database) -> str:
    scopes = list(Scope)
    with database.writing() as session:
        for key in keys.list_keys(session):
            if key.name == "demo" and key.is_active(utc_now()):
                keys.revoke_key(session, key.key_id, now=utc_now())
        _, text = keys.create_key(session, "demo", scopes=scopes, days=30, now=utc_now())
    return text
