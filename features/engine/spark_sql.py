"""Ibis expressions in Spark's SQL, where Ibis's own translation would give other values.

Compiling needs neither pyspark nor Java.
"""

from typing import Any

import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import SQLGlotCompiler
from ibis.backends.sql.compilers.pyspark import PySparkCompiler


class SparkCompiler(PySparkCompiler):  # type: ignore[misc]  # Ibis tells no types
    """Ibis's compiler for Spark, with the meaning of numbers and nulls that DuckDB has."""

    __slots__ = ()

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: Any) -> Any:  # noqa: N802
        # Spark reads 0.5 as a decimal, whose quotients it rounds to a few digits.
        if dtype.is_floating():
            return self.cast(repr(float(value)), dtype)
        return super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    # "Not a number" is a value, as it is for DuckDB; Ibis has ways to call it null.
    visit_Field = SQLGlotCompiler.visit_Field  # noqa: N815

    def visit_IsNull(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        # In parentheses: Spark does not read `a IN (b) IS NULL`.
        return sge.paren(arg).is_(sge.Null())

    def visit_NotNull(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        return sge.paren(arg).is_(sge.Not(this=sge.Null()))

    def visit_CountStar(self, op: Any, *, arg: Any, where: Any) -> Any:  # noqa: N802
        # Ibis adds ones up, which gives null instead of 0 where the condition is always unknown.
        return self.f.count(sge.Star()) if where is None else self.f.count_if(where)


def spark_sql(table: Any) -> str:
    """The SQL of an Ibis table expression."""
    compiler = SparkCompiler()
    return str(compiler.to_sqlglot(table).sql(dialect=compiler.dialect, copy=False))
