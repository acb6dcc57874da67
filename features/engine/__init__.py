"""The data engines. The only place that names one; everything else writes Ibis expressions."""

from features.engine.duckdb_engine import Engine
from features.engine.interface import AnyEngine, Query, Source
from features.engine.spark_engine import SparkEngine

__all__ = ["AnyEngine", "Engine", "Query", "Source", "SparkEngine"]
