"""One enterprise graded again on an event, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from service.clock import office_day
from service.context import Context, ContextDependency
from service.enterprises.operations import describe_grade, find_grade
from service.errors import FutureError
from service.problems import PROBLEMS
from service.regrading.operations import Event, Regraded, regrade
from service.regrading.schemas import RegradeIn, RegradeOut
from service.security.keys import ApiKey
from service.security.permissions import Requires
from service.security.scopes import Scope

router = APIRouter(prefix="/v1/enterprises", tags=["风险等级 · grades (internal)"])


@router.post(
    "/{uscc}/regrades",
    response_model=RegradeOut,
    responses=PROBLEMS,
    summary="事件后重新分级（内部参考）",
)
def create_regrade(
    uscc: Annotated[str, Path(description="统一社会信用代码 · unified social credit code")],
    request: RegradeIn,
    context: ContextDependency,
    caller: Annotated[ApiKey, Depends(Requires(Scope.GRADES_WRITE))],
) -> dict[str, Any]:
    """Grade one enterprise again from the archive in use; the grade in use follows.

    The archive must hold the event: import it and build the archive first. The first request of
    a process, a day or a model takes seconds, later ones follow what changed in the archive.
    """
    now = context.clock()
    today = office_day(now)
    as_of = request.as_of or today
    if as_of > today:
        raise FutureError("as_of", value=as_of, now=today)
    event = Event(as_of, request.reason, caller.name, now)
    with context.kept_grader.lent() as warm:
        done = regrade(context.settings, context.database, warm, event=event, enterprise_ids=[uscc])
    return _describe(done, uscc, context, event=event)


def _describe(done: Regraded, uscc: str, context: Context, *, event: Event) -> dict[str, Any]:
    before, now = done.before.get(uscc), None
    if uscc not in done.left:
        with context.database.reading() as session:
            now = describe_grade(*find_grade(session, uscc)) | {"as_of": event.as_of}
    return {
        "enterprise_id": uscc,
        "as_of": event.as_of,
        "archive_build": done.archive_build,
        "moved": before is not None and now is not None and before["grade"] != now["grade"],
        "before": before and {name: before[name] for name in ("grade", "probability")},
        "now": now,
        "waiting_imports": done.waiting_imports,
        "delta": done.delta.name if done.delta is not None else "",
        "also_affected": list(done.also_affected),
    }
