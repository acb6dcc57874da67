"""A finished run opened for a command, with a bar while the archive is read."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.cli.screen import progress_bar
from service.clock import office_day, utc_now
from service.measures.operations import Desk, open_desk
from service.settings import get_settings


@contextmanager
def desk_with_bar(
    title: str, *, run_id: str | None, enterprise_id: str | None = None
) -> Iterator[Desk]:
    """The desk of :func:`service.measures.operations.open_desk` as of today."""
    with (
        progress_bar(title) as report,
        open_desk(
            get_settings(),
            run_id=run_id,
            today=office_day(utc_now()),
            enterprise_id=enterprise_id,
            progress=report,
        ) as desk,
    ):
        yield desk
