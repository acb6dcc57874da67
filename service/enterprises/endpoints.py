"""Grades over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from service.context import ContextDependency
from service.enterprises import operations
from service.enterprises.schemas import GradeOut
from service.problems import PROBLEMS
from service.security.permissions import Requires
from service.security.scopes import Scope

router = APIRouter(prefix="/v1/enterprises", tags=["风险等级 · grades (internal)"])


@router.get(
    "/{uscc}/grade",
    response_model=GradeOut,
    responses=PROBLEMS,
    summary="查阅风险等级（内部参考）",
    dependencies=[Depends(Requires(Scope.GRADES_READ))],
)
def get_grade(
    uscc: Annotated[str, Path(description="统一社会信用代码 · unified social credit code")],
    context: ContextDependency,
) -> dict[str, Any]:
    """The grade in the published run, with basis and reasons: an internal aid, see `statement`."""
    with context.database.reading() as session:
        row, run = operations.find_grade(session, uscc)
    return operations.describe_grade(row, run)
