"""The data engines. The only place that names one; everything else writes Ibis expressions."""

from typing import Any

from features.engine.duckdb_engine import Engine
from features.engine.interface import AnyEngine, Query, Source

__all__ = ["AnyEngine", "Engine", "Query", "Source", "SparkEngine"]


def __getattr__(name: str) -> Any:
    # Few need the engine of a cluster, and everybody would wait for what it imports.
    if name == "SparkEngine":
        from features.engine.spark_engine import SparkEngine

        return SparkEngine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
