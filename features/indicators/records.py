"""The records that indicators may see, of one range or of some enterprises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import ibis
import pyarrow as pa

from features.engine import Engine
from features.indicators.measures import NEWEST
from features.indicators.moment import Moment
from features.point_in_time import visible

# Where a record came from; no indicator may depend on it.
_PROVENANCE = (
    "source",
    "producer",
    "provider",
    "import_id",
    "row_no",
    "superseded_at",
    "is_withdrawn",
    "corrected_by",
    "correction_reason",
)
# A longer list of enterprises is joined as a table instead of written into the query.
_LITERAL_ENTERPRISES = 100


class ArchiveTables(Protocol):
    """The part of an archive that indicators read."""

    @property
    def range_count(self) -> int:
        """How many ranges of enterprises there are."""

    def range_of(self, enterprise_id: str) -> int:
        """The range in which an enterprise's records lie."""

    def table(self, engine: Engine, kind: str, *, range_no: int | None = None) -> Any:
        """Records of one kind, every column there (Ibis)."""


@dataclass(frozen=True)
class Records:
    """Visible records by kind, for one range, for some enterprises, or for all.

    `rates` holds what the whole archive says about a licence category or a maintenance firm; it is
    empty while that is being computed.
    """

    engine: Engine
    archive: ArchiveTables
    moment: Moment
    range_no: int | None = None
    enterprise_ids: Sequence[str] | None = None
    rates: Mapping[str, Any] = field(default_factory=dict)
    _seen: dict[str, Any] = field(default_factory=dict)

    @property
    def as_of(self) -> date:
        """The day whose knowledge counts."""
        return self.moment.as_of

    def of(self, kind: str) -> Any:
        """One row per visible record of the kind (Ibis, lazy), without where it came from."""
        if kind not in self._seen:
            table = self.archive.table(self.engine, kind, range_no=self._range())
            seen = visible(self._chosen(table), self.as_of)
            # Fewer columns make shorter queries, and those are written anew for every call.
            self._seen[kind] = seen.drop(*_PROVENANCE)
        return self._seen[kind]

    def _range(self) -> int | None:
        """The range to read; that of the chosen enterprises where they are few and all in one."""
        if self.range_no is not None or self.enterprise_ids is None:
            return self.range_no
        if len(self.enterprise_ids) > _LITERAL_ENTERPRISES:
            return None
        ranges = {self.archive.range_of(enterprise_id) for enterprise_id in self.enterprise_ids}
        return ranges.pop() if len(ranges) == 1 else None

    def _chosen(self, table: Any) -> Any:
        if self.enterprise_ids is None:
            return table
        if len(self.enterprise_ids) <= _LITERAL_ENTERPRISES:
            return table.filter(table.enterprise_id.isin(list(self.enterprise_ids)))
        if "chosen" not in self._seen:
            ids = pa.table({"enterprise_id": pa.array(self.enterprise_ids, pa.string())})
            self._seen["chosen"] = self.engine.memory(ids)
        return table.semi_join(self._seen["chosen"], "enterprise_id")


def in_order(rows: Any) -> Any:
    """Add `position`: 0 for an enterprise's oldest record, the highest for its newest."""
    order = ibis.window(group_by="enterprise_id", order_by=NEWEST)
    return rows.mutate(position=ibis.row_number().over(order))


def newest_per(rows: Any, *keys: str) -> Any:
    """The newest record per enterprise and `keys`."""
    newest_first = [ibis.desc(name) for name in NEWEST]
    order = ibis.window(group_by=["enterprise_id", *keys], order_by=newest_first)
    ranked = rows.mutate(rank_=ibis.row_number().over(order))
    return ranked.filter(ranked.rank_ == 0).drop("rank_")


def with_previous_day(rows: Any, *keys: str) -> Any:
    """Add `previous_on`: the last earlier day with a record of the enterprise and `keys`.

    Records of one day do not precede each other: a joint visit has several records, and two
    decisions of a day are not a repetition.
    """
    same = ["enterprise_id", *keys]
    rows = rows.mutate(before_=rows.event_on.lag().over(group_by=same, order_by=NEWEST))
    earliest = rows.before_.min().over(group_by=[*same, "event_on"])
    return rows.mutate(previous_on=earliest.nullif(rows.event_on)).drop("before_")


def left_join(left: Any, right: Any, keys: list[str]) -> Any:
    """Left join on columns of the same name, which are kept once."""
    joined = left.left_join(right, keys)
    return joined.drop(*[f"{key}_right" for key in keys])
