"""The console's page on what would lower one enterprise's risk."""

from fastapi import APIRouter, Request, Response

from scoring.workbook import STATEMENT_EN, STATEMENT_ZH
from service.console.rendering import render
from service.context import ContextDependency
from service.security.permissions import SignInDependency

router = APIRouter(prefix="/enterprises", include_in_schema=False)


@router.get("/{enterprise_id}/advice")
def show_advice(
    request: Request, enterprise_id: str, context: ContextDependency, who: SignInDependency
) -> Response:
    """What the enterprise itself can change, and what the model would say then."""
    # The libraries of the models are large, and nothing else that is served needs them.
    from service.enterprises.advice import find_advice

    with context.database.reading() as session:
        told = find_advice(context, session, enterprise_id)
    page = {
        "who": who,
        "form_token": who.form_token(context),
        "statement_zh": STATEMENT_ZH,
        "statement_en": STATEMENT_EN,
        "grade": told.grade,
        "run": told.run,
        "advice": told.advice,
        "latest_on": told.latest_on,
        "cut_offs_version": told.cut_offs_version,
        "other_model": told.other_model,
    }
    return render(request, "enterprise_advice.html", page)
