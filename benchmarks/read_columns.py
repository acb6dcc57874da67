"""Which columns of which record kinds indicators read: found in the queries that are run."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from sqlglot import exp, parse_one
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from features.build import build_context, build_matrix
from features.catalogue import arrow_schema, record_kinds
from features.engine import Engine, Query
from features.indicators.records import input_name


class _Listening(Engine):
    """An engine that keeps the text of every query it prepared."""

    def __init__(self) -> None:
        super().__init__(threads=1)
        self.texts: list[str] = []

    def prepare(self, expression: Any) -> Query:
        query = super().prepare(expression)
        self.texts.append(query.sql)
        return query


class _Nothing:
    """An archive of one range without records."""

    range_count = 1
    latest_known_at: datetime | None = None

    def range_of(self, enterprise_id: str) -> int:
        return 0

    def kinds_of(self, enterprise_ids: Sequence[str]) -> frozenset[str]:
        return frozenset()

    def source(
        self,
        kind: str,
        *,
        range_no: int | None = None,
        enterprise_ids: Sequence[str] | None = None,
    ) -> pa.Table:
        return arrow_schema(kind).empty_table()


def columns_read(names: Sequence[str] | None, *, as_of: date) -> dict[str, tuple[str, ...]]:
    """By record kind, the columns that the queries of `names` read, those of peers included.

    The queries are prepared as for a batch and parsed; columns that an outer query does not use
    are left out, as an engine leaves them out.
    """
    with _Listening() as engine:
        context = build_context(engine, _Nothing(), as_of=as_of, names=names)
        build_matrix(engine, _Nothing(), as_of=as_of, names=names, context=context, range_no=0)
        texts = engine.texts
    found: dict[str, set[str]] = {}
    for text in texts:
        for kind, columns in _columns_of(text).items():
            found.setdefault(kind, set()).update(columns)
    return {kind: tuple(sorted(columns)) for kind, columns in sorted(found.items())}


def _columns_of(text: str) -> dict[str, set[str]]:
    kinds = {input_name(kind): kind for kind in record_kinds()}
    query = parse_one(text, dialect="duckdb")
    if not any(table.name in kinds for table in query.find_all(exp.Table)):
        return {}  # it is about what was already read
    schema: dict[str, object] = {
        name: dict.fromkeys(arrow_schema(kind).names, "text") for name, kind in kinds.items()
    }
    _narrow_anti_joins(query)
    query = pushdown_projections(qualify(query, schema=schema, dialect="duckdb"))
    found: dict[str, set[str]] = {}
    for scope in traverse_scope(query):
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table) and source.name in kinds:
                found.setdefault(kinds[source.name], set()).add(column.name)
    return found


def _narrow_anti_joins(query: Any) -> None:
    """Let what is only looked for have the columns of its condition: sqlglot keeps them all."""
    for join in query.find_all(exp.Join):
        if join.kind in ("ANTI", "SEMI"):
            names = [
                c.name
                for c in join.args["on"].find_all(exp.Column)
                if c.table == join.alias_or_name
            ]
            join.this.this.select(*names, append=False, copy=False)
