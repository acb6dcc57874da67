"""The sampling list of a round, for the systems that dispatch inspectors."""

from typing import Any

from fastapi import APIRouter, Depends

from service.campaigns.operations import load_list
from service.context import ContextDependency
from service.problems import PROBLEMS
from service.security.permissions import Requires
from service.security.scopes import Scope

router = APIRouter(prefix="/v1/campaigns", tags=["双随机抽查 · double-random campaigns"])


@router.get(
    "/{round_id}/list",
    responses=PROBLEMS,
    summary="查阅抽查名单",
    dependencies=[Depends(Requires(Scope.CAMPAIGNS_READ))],
)
def get_sampling_list(round_id: str, context: ContextDependency) -> dict[str, Any]:
    """Who is to be inspected in a drawn round, and by whom. No grade is in it."""
    return load_list(context.settings.campaigns_dir, round_id)
