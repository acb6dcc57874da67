"""`xinheng init | migrate | key | serve | refresh-lists | receipts | openapi`."""

import json
import socket
from typing import Annotated

import typer
import uvicorn

from features.archive import open_archive
from features.engine import Engine
from service.app import create_app
from service.cli.screen import console, print_table, progress_bar
from service.clock import utc_now
from service.console.rendering import instant
from service.credit_checks.operations import verify_chain
from service.db.connection import Database
from service.db.migrate import check_revision, current_revision, upgrade
from service.errors import AddressError, BrokenChainError
from service.installation import initialise
from service.listings.operations import refresh_listings
from service.security import keys
from service.security.scopes import MEANINGS, Scope
from service.security.secrets import read_secret
from service.settings import Settings, get_settings

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
key_app = typer.Typer(help="API 密钥 / API keys", no_args_is_help=True)
receipts_app = typer.Typer(help="信用核查回执 / receipts of credit checks", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("init")(init_command)
    app.command("migrate")(migrate_command)
    app.command("serve")(serve_command)
    app.command("refresh-lists")(refresh_lists_command)
    app.command("openapi")(openapi_command)
    app.add_typer(key_app, name="key")
    app.add_typer(receipts_app, name="receipts")


def init_command() -> None:
    """建立目录、密钥和数据库 / Make folders, keys and the database; safe to run again."""
    settings = get_settings()
    done = initialise(settings)
    for path in done.made:
        console.print(f"已建立 made  {path}")
    for path in done.kept:
        console.print(f"已存在 kept  {path}")
    console.print(f"数据库 database 版本 revision {done.revision}")
    console.print(
        "请备份并妥善保管 keys 目录：person.key 丢失后无法再核对人员。\n"
        "Back up the folder keys and guard it: without person.key no person can be matched again.\n"
        "下一步 next:\n"
        "  xinheng import 文件夹      导入部门数据 import departments' files\n"
        "  xinheng archive build      建立档案 build the archive\n"
        "  xinheng key create 姓名 --scope console      签发密钥 issue a key\n"
        "  xinheng serve              启动服务 start the service"
    )


def migrate_command() -> None:
    """升级数据库结构 / Bring the database's schema up to date."""
    database = _database(get_settings())
    before = current_revision(database)
    upgrade(database)
    console.print(f"数据库 database: {before or '空 empty'} → {current_revision(database)}")


def serve_command(
    host: Annotated[str | None, typer.Option(help="监听地址 / address")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="端口 / port")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="进程数 / processes")] = None,
) -> None:
    """启动 API 和控制台 / Serve API and console, on this machine only unless told otherwise."""
    settings = get_settings()
    read_secret(settings.person_key_path)
    read_secret(settings.console_key_path)
    check_revision(_database(settings))
    address, at = host or settings.host, settings.port if port is None else port
    _check_address(address, at)
    console.print(f"控制台 console http://{address}:{at}/  接口文档 API http://{address}:{at}/docs")
    uvicorn.run(
        "service.app:create_app",
        factory=True,
        host=address,
        port=at,
        workers=workers or settings.workers,
        access_log=False,
        log_level="warning",
        server_header=False,
    )


def _check_address(host: str, port: int) -> None:
    """Fail before any process starts where the port is taken; warn where the network reaches it."""
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise AddressError(host, port, reason=error.strerror or str(error)) from None
    if host not in _LOOPBACK:
        console.print(
            "注意：其他机器可以访问本服务，请置于单位网关和 https 之后。"
            " Other machines can reach this service: put it behind the office's gateway and https.",
            style="yellow",
        )


def refresh_lists_command() -> None:
    """从档案刷新登记核查所用的名单 / Load the lists for credit checks from the archive."""
    settings = get_settings()
    archive = open_archive(settings.archive_dir)
    engine = Engine(memory_limit=settings.memory_limit, threads=settings.threads)
    with engine, _checked(settings).writing() as session, progress_bar("名单 lists") as report:
        done = refresh_listings(
            session,
            engine,
            archive,
            loaded_at=utc_now(),
            progress=lambda ranges, of: report("archive", ranges, of),
        )
    rows = [
        ("名单状态 list states", done.listings),
        ("登记事项 registrations", done.registrations),
        ("新增 added", done.added),
        ("删除 taken out", done.taken_out),
        ("未配对的移出 unpaired removals", done.unpaired_removals),
    ]
    print_table(f"名单已载入 lists loaded · {archive.build_id}", ["项目 item", "行数 rows"], rows)


def openapi_command() -> None:
    """打印接口定义 / Print the API's definition (docs/openapi.json)."""
    document = create_app(get_settings()).openapi()
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True))


@key_app.command("create")
def key_create(
    name: Annotated[str, typer.Argument(help="使用者 / who uses it")],
    scope: Annotated[
        list[Scope] | None, typer.Option("--scope", help="权限，可重复 / scope, repeatable")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="有效天数 / days valid")] = 365,
) -> None:
    """签发密钥，只显示一次 / Issue a key; it is shown once."""
    with _checked(get_settings()).writing() as session:
        key, text = keys.create_key(session, name, scopes=scope or [], days=days, now=utc_now())
    typer.echo(text)
    # Beside the key, so that $(xinheng key create ...) is the key and nothing else.
    typer.echo(
        f"密钥 key {key.key_id}（{name}）有效至 until {instant(key.expires_at)}；"
        "只显示这一次 shown only now",
        err=True,
    )


@key_app.command("list")
def key_list() -> None:
    """列出密钥 / List the keys."""
    now = utc_now()
    with _checked(get_settings()).reading() as session:
        found = keys.list_keys(session)
    rows = [
        (
            key.key_id,
            key.name,
            " ".join(sorted(key.scopes)),
            instant(key.expires_at),
            "有效 active" if key.is_active(now) else "失效 ended",
        )
        for key in found
    ]
    headers = ["编号 id", "使用者 name", "权限 scopes", "有效至 until", "状态 state"]
    print_table("API 密钥 keys", headers, rows)
    for each, (zh, en) in MEANINGS.items():
        console.print(f"  {each}: {zh} {en}", style="dim")


@key_app.command("revoke")
def key_revoke(key_id: Annotated[str, typer.Argument(help="编号 / id")]) -> None:
    """吊销密钥，立即生效 / Revoke a key at once."""
    with _checked(get_settings()).writing() as session:
        key = keys.revoke_key(session, key_id, now=utc_now())
    console.print(f"已吊销 revoked: {key.key_id} {key.name}")


@receipts_app.command("verify")
def receipts_verify() -> None:
    """核对全部回执的哈希链 / Check the hash chain of every receipt."""
    with _checked(get_settings()).reading() as session:
        count, broken = verify_chain(session)
    if broken:
        raise BrokenChainError(broken)
    console.print(f"{count} 份回执完好 receipts intact")


def _database(settings: Settings) -> Database:
    return Database(settings.resolved_database_url, busy_seconds=settings.busy_seconds)


def _checked(settings: Settings) -> Database:
    database = _database(settings)
    check_revision(database)
    return database
