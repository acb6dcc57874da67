"""The data engine under this installation's limits."""

from collections.abc import Iterator
from contextlib import contextmanager

from features.engine import Engine
from service.settings import Settings


@contextmanager
def open_engine(settings: Settings) -> Iterator[Engine]:
    """Open the engine; it lets go of memory and spill files at the end."""
    with Engine(memory_limit=settings.memory_limit, threads=settings.threads) as engine:
        yield engine
