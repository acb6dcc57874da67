"""What several rooms' tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from features.engine import Engine

# Rooms whose tests share one thing that is slow to make, or one database: one process a room.
_TOGETHER = ("browser", "models", "parity", "service", "whole_job")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests stay in one process when several run them; the others go file by file."""
    here = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(here)
        group = place.parts[0] if place.parts[0] in _TOGETHER else place.as_posix()
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A data engine of its own for each test."""
    with Engine(memory_limit="1GB", threads=2) as opened:
        yield opened
