"""What several rooms' tests share."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from features.engine import Engine

# Rooms whose tests share one thing that is slow to make, or one database: one process a room.
_TOGETHER = ("browser", "models", "parity", "service", "whole_job")


# Read when the command line is first imported, by whichever test comes first.
os.environ["COLUMNS"] = "250"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where several processes run the tests, a room or a file stays in one of them."""
    from xdist.scheduler import LoadScopeScheduling

    class ByRoom(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::")[0]
            room = file.split("/")[1]
            return room if room in _TOGETHER else file

    return ByRoom(config, log)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A data engine of its own for each test."""
    with Engine(memory_limit="1GB", threads=2) as opened:
        yield opened
