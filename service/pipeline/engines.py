"""The data engine under this installation's limits."""

from collections.abc import Iterator
from contextlib import contextmanager

from features.engine import AnyEngine, Engine
from service.settings import Settings

DUCKDB, SPARK = "duckdb", "spark"


@contextmanager
def open_engine(settings: Settings) -> Iterator[Engine]:
    """Open the engine; it lets go of memory and spill files at the end."""
    with Engine(memory_limit=settings.memory_limit, threads=settings.threads) as engine:
        yield engine


@contextmanager
def open_named_engine(settings: Settings, name: str) -> Iterator[AnyEngine]:
    """Open the default engine, or Spark on this machine or on the cluster it was submitted to.

    Raises
    ------
    features.errors.EngineMissingError
        pyspark or Java is missing.
    """
    if name == DUCKDB:
        with open_engine(settings) as engine:
            yield engine
        return
    from features.engine import SparkEngine

    memory = settings.memory_limit.replace(" ", "").replace("iB", "B").removesuffix("B").lower()
    with SparkEngine(master=f"local[{settings.threads}]", memory=memory) as spark:
        yield spark
