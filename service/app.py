"""MAIN FLOW 4: the API and the console in one stateless application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from service import problems
from service.body_limit import BodyLimit
from service.campaign_lists import endpoints as campaign_lists
from service.campaigns import pages as visit_pages
from service.clock import Clock, utc_now
from service.console import pages as console
from service.console.rendering import STATIC_FOLDER
from service.context import Context
from service.credit_checks import endpoints as credit_checks
from service.db.connection import Database
from service.enterprises import advice_pages
from service.enterprises import endpoints as enterprises
from service.enterprises import pages as enterprise_pages
from service.grades import pages as run_pages
from service.grading_rules import pages as rule_pages
from service.headers import SecurityHeaders
from service.health import endpoints as health
from service.measures import key_pages
from service.measures import pages as measure_pages
from service.overrides import pages as override_pages
from service.regrading import endpoints as regrading
from service.settings import Settings, get_settings

DESCRIPTION = """\
信用核查、风险等级（内部参考）、抽查名单。风险等级不是对企业的信用评价，不作为处罚依据，不对外公布。

Credit checks at registration, risk grades (an internal aid: no credit assessment, no ground for a
penalty, never public) and sampling lists.
"""
# Of the API, not of the program: it changes when a caller has to.
API_VERSION = "1.0.0"
MAXIMUM_BODY_BYTES = 1 << 20


def create_app(settings: Settings | None = None, *, clock: Clock = utc_now) -> FastAPI:
    """The application; any number of processes may run it side by side.

    Parameters
    ----------
    settings
        Default: those of the environment.
    clock
        Gives this instant (naive UTC).
    """
    settings = settings or get_settings()
    database = Database(settings.resolved_database_url, busy_seconds=settings.busy_seconds)
    context = Context(settings=settings, database=database, clock=clock)
    kept_grader = context.kept_grader  # made here: two first requests at once would make two

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        kept_grader.close()
        database.close()

    app: FastAPI = FastAPIOffline(
        title="信衡 Xinheng",
        version=API_VERSION,
        description=DESCRIPTION,
        redoc_url=None,
        # Swagger's badge would ask another host whether the document is valid.
        swagger_ui_parameters={"validatorUrl": None},
        lifespan=lifespan,
    )
    app.state.context = context
    app.add_middleware(BodyLimit, maximum_bytes=MAXIMUM_BODY_BYTES)
    app.add_middleware(SecurityHeaders)
    problems.add_handlers(app)
    interface = (health, credit_checks, enterprises, regrading, campaign_lists)
    graded = (enterprise_pages, advice_pages, run_pages, measure_pages, key_pages)
    pages = (console, *graded, rule_pages, override_pages, visit_pages)
    for module in (*interface, *pages):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=STATIC_FOLDER), name="static")
    return app
