"""The command `xinheng`: one module a group of commands; a mistake ends in two lines, no trace."""

import sys
from importlib import import_module
from typing import NoReturn

import typer

from law.errors import XinhengError
from service.cli.outline import MODULES

_MISTAKE, _INTERRUPTED = 2, 130


def build_app(command: str | None = None) -> typer.Typer:
    """The commands of the module that has `command`; of every module where none has it."""
    app = _empty_app()
    wanted = [name for name, commands in MODULES.items() if command in commands]
    for name in wanted or MODULES:
        import_module(f"service.cli.{name}").register(app)
    return app


def outline_app() -> typer.Typer:
    """Every command by its name and help alone: importing all of them takes seconds."""
    app = _empty_app()
    for commands in MODULES.values():
        for name, told in commands.items():
            app.command(name, help=told)(lambda: None)
    return app


def _empty_app() -> typer.Typer:
    app = typer.Typer(
        help="信衡：企业信用档案、风险分级、双随机抽查、登记信用核查 · Xinheng",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)  # or a module with one command would lose the command's name
    return app


def main() -> None:
    """Run a command. Exit code 2: a mistake, told in Chinese and English; 130: interrupted."""
    try:
        asked = next(iter(sys.argv[1:]), "")
        is_known = any(asked in commands for commands in MODULES.values())
        (build_app(asked) if is_known else outline_app())()
    except XinhengError as error:
        _stop(error.zh, error.en, code=_MISTAKE)
    except OSError as error:
        place = error.filename or ""
        _stop(
            f"无法读写 {place}：{error.strerror or error}。请检查路径、权限和磁盘空间。",
            f"Cannot read or write {place}: {error.strerror or error}. Check path, rights, disk.",
            code=_MISTAKE,
        )
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            _interrupted()
        raise
    except Exception as error:
        _tell_of_database(error)
        raise


def _tell_of_database(error: Exception) -> None:
    """Stop with what to do where the database is to blame."""
    # Most commands have no use for the database, and its library is slow to import.
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, DBAPIError):
        kind = type(error.orig).__name__
        _stop(
            f"数据库无法访问或正忙（{kind}），未作更改。"
            "请检查 XINHENG_DATABASE_URL、磁盘和 xinheng migrate。",
            f"The database is out of reach or busy ({kind}); nothing was changed. Check"
            " XINHENG_DATABASE_URL, the disk, and: xinheng migrate",
            code=_MISTAKE,
        )


def _interrupted() -> NoReturn:
    _stop(
        "已中断；写到一半的内容不会生效。",
        "Interrupted; nothing half-written is in use.",
        code=_INTERRUPTED,
    )


def _stop(zh: str, en: str, *, code: int) -> NoReturn:
    print(f"{zh}\n{en}", file=sys.stderr)
    raise SystemExit(code) from None
