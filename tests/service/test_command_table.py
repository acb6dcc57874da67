"""The table that tells which module has a command says what the modules themselves say."""

import subprocess
import sys
from typing import Any

import pytest
import typer

from service.cli import MODULES, build_app


def commands_of(app: typer.Typer) -> set[str]:
    group: Any = typer.main.get_command(app)
    return set(group.commands)


def test_every_command_is_in_the_table_once() -> None:
    listed = [command for commands in MODULES.values() for command in commands]
    assert sorted(listed) == sorted(commands_of(build_app()))


@pytest.mark.parametrize("module", MODULES)
def test_a_command_brings_its_own_module_only(module: str) -> None:
    for command in MODULES[module]:
        assert commands_of(build_app(command)) == set(MODULES[module])


def test_looking_an_enterprise_up_does_not_wait_for_models_or_the_web() -> None:
    told = (
        "import sys; from service.cli import build_app; build_app('archive'); print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", told], check=True, capture_output=True, text=True
    ).stdout.split()
    slow = {"sklearn", "lightgbm", "fastapi", "sqlalchemy", "pyspark", "pandas", "ibis", "duckdb"}
    assert not slow & set(loaded)


def test_the_list_of_commands_says_what_each_of_them_says() -> None:
    told = {
        name: (command.help or "").split("\n\n")[0]
        for name, command in typer.main.get_command(build_app()).commands.items()  # type: ignore[attr-defined]
    }
    assert told == {name: said for of in MODULES.values() for name, said in of.items()}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [(["--help"], 0, "health-index"), ([], 2, "health-index"), (["nothing"], 2, "No such command")],
)
def test_listing_the_commands_imports_none(arguments: list[str], code: int, told: str) -> None:
    script = (
        "import sys; from service.cli import main\n"
        "try: main()\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert told in done.stdout + done.stderr
    assert not {"pyarrow", "duckdb", "sqlalchemy"} & set(done.stderr.split())
