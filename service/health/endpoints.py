"""Health for load balancers and operators."""

from typing import Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from service.context import Context, ContextDependency
from service.credit_checks.operations import list_state
from service.db.migrate import check_revision
from service.errors import ServiceError
from service.security.permissions import Public

router = APIRouter(tags=["运行状态 · health"])
_PUBLIC = [Depends(Public("a load balancer has no key; nothing of the data is told"))]


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Check(BaseModel):
    """One thing that the service needs."""

    name: Literal["database", "secrets", "lists"]
    ok: bool
    zh: str
    en: str


class Readiness(BaseModel):
    """Whether the service can do its work; `ready` is false where a check without lists fails."""

    ready: bool
    checks: list[Check]


@router.get("/healthz", summary="进程存活", dependencies=_PUBLIC)
def get_health() -> Health:
    """The process answers."""
    return Health()


@router.get(
    "/readyz",
    summary="能否提供服务",
    dependencies=_PUBLIC,
    responses={503: {"model": Readiness, "description": "not ready"}},
)
def get_readiness(context: ContextDependency, response: Response) -> Readiness:
    """Database, secrets and the age of the lists. Old lists do not take the process out of service:
    grades and sampling lists can still be read, and credit checks say 503 themselves."""
    checks = [_database(context), _secrets(context)]
    ready = all(check.ok for check in checks)
    checks.append(_lists(context) if ready else _not_asked())
    response.status_code = 200 if ready else 503
    return Readiness(ready=ready, checks=checks)


def _database(context: Context) -> Check:
    try:
        check_revision(context.database)
    except ServiceError as error:
        return Check(name="database", ok=False, zh=error.zh, en=error.en)
    except DBAPIError as error:
        kind = type(error.orig).__name__
        return Check(
            name="database", ok=False, zh=f"数据库无法访问（{kind}）", en=f"out of reach ({kind})"
        )
    return Check(name="database", ok=True, zh="正常", en="fine")


def _secrets(context: Context) -> Check:
    try:
        _ = context.person_key, context.console_key
    except ServiceError as error:
        return Check(name="secrets", ok=False, zh=error.zh, en=error.en)
    return Check(name="secrets", ok=True, zh="正常", en="fine")


def _lists(context: Context) -> Check:
    with context.database.reading() as session:
        state = list_state(session, context)
    if state.fault is not None:
        return Check(name="lists", ok=False, zh=state.fault.zh, en=state.fault.en)
    return Check(name="lists", ok=True, zh="正常", en="fine")


def _not_asked() -> Check:
    return Check(name="lists", ok=False, zh="未检查", en="not asked")
