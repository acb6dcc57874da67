"""Records in pandas as an analyst has them: a frame a kind, and a sheet of columns to fill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.archive.files import Archive
from features.indicators.moment import Moment, moment
from features.point_in_time import known_before

Frames: TypeAlias = dict[str, pd.DataFrame]
Series: TypeAlias = Any  # pandas' own types do not follow masks and groupbys

NO, SEQUENCE = "enterprise_no", "sequence"


def read_frames(
    archive: Archive,
    *,
    as_of: date,
    kinds: Mapping[str, Sequence[str] | None],
    by_identity: bool = False,
) -> Frames:
    """Visible records by kind, in order; `kinds` names the columns to read, None for all.

    `by_identity` tells enterprises apart by their identity, as the records of any source do; else
    by the number that the archive gives them, which pandas groups faster.
    """
    frames = {}
    for kind, columns in kinds.items():
        paths = archive.source(kind)
        tables = [pq.read_table(path, columns=columns, partitioning=None) for path in paths]
        table = as_floats(pa.concat_tables(tables))
        del tables
        frame = table.to_pandas(date_as_object=False, split_blocks=True, self_destruct=True)
        del table
        if by_identity:
            frame[NO] = frame.enterprise_id
        frames[kind] = visible(frame, as_of).sort_values([NO, SEQUENCE], ignore_index=True)
    return frames


def as_floats(table: pa.Table) -> pa.Table:
    """Money as floats: pandas would make a Python object of every decimal."""
    types = [
        pa.field(item.name, pa.float64() if pa.types.is_decimal(item.type) else item.type)
        for item in table.schema
    ]
    return table.cast(pa.schema(types))


def visible(frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
    limit = pd.Timestamp(known_before(as_of))
    replaced = frame.superseded_at.notna() & (frame.superseded_at < limit)
    seen = (frame.event_on <= pd.Timestamp(as_of)) & (frame.known_at < limit)
    return frame[seen & ~replaced & ~frame.is_withdrawn]


@dataclass
class Sheet:
    """What is being filled: `own` has the newest registered facts of everybody ever registered."""

    frames: Frames
    as_of: date
    columns: dict[str, Series] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.today = pd.Timestamp(self.as_of)
        self.law: Moment = moment(self.as_of)
        rows = self.frames["registration"]
        names = ["enterprise_id", "status", "entity_type", "industry_code", "area_code"]
        names += ["established_on", "registered_capital_cny"]
        names += ["legal_representative_key", "address_key"]
        self.own = pd.DataFrame({name: latest(rows, name) for name in names})
        self.own["first_on"] = rows.groupby(NO).event_on.min()

    def since(self, months: int) -> pd.Timestamp:
        return self.today - pd.DateOffset(months=months)

    def recent(self, rows: pd.DataFrame, months: int) -> pd.DataFrame:
        return rows[rows.event_on > self.since(months)]

    def count(self, rows: pd.DataFrame, months: int | None = None) -> Series:
        rows = rows if months is None else self.recent(rows, months)
        return rows.groupby(NO).size().reindex(self.own.index, fill_value=0)

    def total(self, rows: pd.DataFrame, name: str) -> Series:
        return rows.groupby(NO)[name].sum().reindex(self.own.index, fill_value=0)

    def spread(self, values: Series) -> Series:
        return values.reindex(self.own.index)

    def days_since(self, rows: pd.DataFrame) -> Series:
        return (self.today - self.spread(rows.groupby(NO).event_on.max())).dt.days

    def months_since(self, days: Series) -> Series:
        months = (self.today.year - days.dt.year) * 12 + self.today.month - days.dt.month
        return months - (days.dt.day > self.today.day)

    def put(self, **columns: Series) -> None:
        self.columns |= columns


def latest(rows: pd.DataFrame, name: str) -> Series:
    """The field in the newest record of each enterprise that states it."""
    known = rows.dropna(subset=[name]).drop_duplicates(NO, keep="last")
    return known.set_index(NO)[name]


def log(values: Series) -> Series:
    return np.log1p(values.clip(lower=0))


def flag(condition: Series, known: Series) -> Series:
    return condition.astype(float).where(known)


def lists(words: Series, word: str) -> Series:
    return (";" + words + ";").str.contains(f";{word};", regex=False, na=False)


def soon_after(rows: pd.DataFrame, same: list[str], *, days: int) -> Series:
    """Whether the last earlier day with a record of the same is at most `days` ago."""
    seen = rows[[*same, "event_on"]].drop_duplicates()
    seen["previous"] = seen.groupby(same, dropna=False).event_on.shift()
    previous = rows[[*same, "event_on"]].merge(seen, on=[*same, "event_on"], how="left").previous
    return ((rows.event_on - previous.to_numpy()) <= pd.Timedelta(days=days)).to_numpy()


def shrunk(parts: Series, wholes: Series) -> Series:
    prior = parts.sum() / wholes.sum()
    return ((parts + 4 * prior) / (wholes + 4)).where(wholes > 0)
