"""What several rooms' tests share."""

from collections.abc import Iterator

import pytest

from features.engine import Engine


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A data engine of its own for each test."""
    with Engine(memory_limit="1GB", threads=2) as opened:
        yield opened
