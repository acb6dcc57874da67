"""Credit checks over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response

from service.context import ContextDependency
from service.credit_checks import operations
from service.credit_checks.schemas import CreditCheckIn, CreditCheckOut
from service.problems import PROBLEMS
from service.security.keys import ApiKey
from service.security.permissions import Requires
from service.security.scopes import Scope

router = APIRouter(prefix="/v1/credit-checks", tags=["信用核查 · credit checks"])

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="同一申请重试时使用同一个键 · the same key for every retry of one request",
    ),
]


@router.post("", response_model=CreditCheckOut, responses=PROBLEMS, summary="发起信用核查")
def create_credit_check(
    request: CreditCheckIn,
    context: ContextDependency,
    caller: Annotated[ApiKey, Depends(Requires(Scope.CREDIT_CHECKS_WRITE))],
    idempotency_key: IdempotencyKey,
) -> Response:
    """Ask whether an application may be accepted. Only 200 with `decision: allow` lets it pass."""
    text = operations.check_application(
        context, request, caller=caller, idempotency_key=idempotency_key
    )
    return Response(text, media_type="application/json")


@router.get(
    "/{check_id}",
    response_model=CreditCheckOut,
    responses=PROBLEMS,
    summary="查阅信用核查回执",
    dependencies=[Depends(Requires(Scope.CREDIT_CHECKS_READ))],
)
def get_credit_check(check_id: str, context: ContextDependency) -> Response:
    """The receipt of an earlier check, byte for byte as it was answered."""
    with context.database.reading() as session:
        text = operations.find_receipt(session, check_id)
    return Response(text, media_type="application/json")
