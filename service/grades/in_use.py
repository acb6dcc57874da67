"""Which run a step works from when nobody names one: the one on the console."""

from service.db.connection import Database
from service.grades.repository import published_run
from service.settings import Settings


def run_in_use(settings: Settings) -> str | None:
    """The published run; None where nothing was published yet."""
    database = Database(settings.resolved_database_url, busy_seconds=settings.busy_seconds)
    try:
        if database.file is not None and not database.file.is_file():
            return None  # reading would make an empty one
        with database.reading() as session:
            run = published_run(session)
        return str(run["run_id"]) if run else None
    finally:
        database.close()
