"""The food licences that enterprises hold, and the categories and businesses they name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import law
from features.catalogue import ENTERPRISE_NO
from features.engine import AnyEngine, Query
from features.indicators.food_scopes import category_patterns
from features.indicators.records import ArchiveTables, bind_records, is_few, newest_per, stored
from features.point_in_time import visible
from scoring.statutory.arrays import is_among, looked_up

FOOD_LICENCE_KINDS = ("food_production", "food_operation", "food_filing")
_KIND = "licence"


@dataclass(frozen=True)
class Holdings:
    """Categories held by valid food licences: one entry per licence and category it names.

    Attributes
    ----------
    row
        The enterprise, as a position in the numbers asked for.
    category
        A code of ``law/codes/food_categories``; empty where the text names none.
    business
        A code of ``law/codes/food_businesses``; empty where nothing tells it.
    text
        What the licence says.
    reference, event_on, source
        The licence's record.
    first_on
        By enterprise: the first day of its first food licence; NaT where it never had one.
    """

    row: npt.NDArray[np.int64]
    category: npt.NDArray[np.object_]
    business: npt.NDArray[np.object_]
    text: npt.NDArray[np.object_]
    reference: pa.Array
    event_on: pa.Array
    source: pa.Array
    first_on: npt.NDArray[np.datetime64]


def read_holdings(
    engine: AnyEngine,
    archive: ArchiveTables,
    numbers: pa.Array,
    *,
    as_of: date,
    range_no: int | None = None,
    enterprise_ids: Sequence[str] | None = None,
) -> Holdings:
    """The food licences of the enterprises `numbers` as of a day.

    Only a licence that is granted, has begun and has not ended counts; what it covers is read from
    its text and number.
    """
    first_licence, valid = engine.once(("food holdings", as_of), lambda: _queries(engine, as_of))
    few = is_few(enterprise_ids)
    bind_records(
        engine,
        archive,
        [_KIND],
        range_no=range_no,
        enterprise_ids=enterprise_ids,
        in_memory=few,
    )
    ever = _placed(engine.fetch(first_licence, few=few), numbers)
    first = np.full(len(numbers), np.datetime64("NaT"), dtype="datetime64[D]")
    first[ever[_PLACE].to_numpy()] = ever["first_on"].to_numpy().astype("datetime64[D]")
    held = _placed(engine.fetch(valid, few=few), numbers)
    return _holdings(held.sort_by([(_PLACE, "ascending"), ("licence_no", "ascending")]), first)


_PLACE = "place_"


def _placed(rows: pa.Table, numbers: pa.Array) -> pa.Table:
    """The rows of the enterprises `numbers`, and the position of each there."""
    place = pc.index_in(rows[ENTERPRISE_NO].combine_chunks(), value_set=numbers)
    return rows.append_column(_PLACE, place).filter(place.is_valid())


def _queries(engine: AnyEngine, as_of: date) -> tuple[Query, Query]:
    """The first day of everybody's first food licence, and the licences that are valid."""
    rows = visible(stored(_KIND, with_provenance=True), as_of)
    rows = rows.filter(rows.licence_kind.isin(list(FOOD_LICENCE_KINDS)))
    begun_on = ibis.coalesce(rows.valid_from, rows.event_on)
    first = rows.group_by(ENTERPRISE_NO).agg(first_on=begun_on.min())
    newest = newest_per(rows, "licence_no")
    day = ibis.literal(as_of)
    begun = (newest.valid_from <= day).fill_null(True)
    ended = (newest.valid_to < day).fill_null(False)
    valid = newest.filter(newest.status == "valid", begun, ~ended).select(
        ENTERPRISE_NO, "licence_no", "event_on", "source", category=newest.category.fill_null("")
    )
    return engine.prepare(first), engine.prepare(valid)


def _holdings(rows: pa.Table, first_on: npt.NDArray[np.datetime64]) -> Holdings:
    text = pc.binary_join_element_wise(
        rows["category"], pc.fill_null(rows["licence_no"], ""), ";"
    ).combine_chunks()
    found = {code: _matching(text, pattern) for code, pattern in category_patterns().items()}
    number, code = _entries(found)
    unnamed = np.flatnonzero(~is_among(number, rows=rows.num_rows))
    categories = law.codes("food_categories")
    of_category = {one: entry.attributes["business"] for one, entry in categories.items()}
    business = looked_up(code, of_category, missing="")
    number = np.concatenate([number, unnamed])
    named = np.concatenate([code, np.full(len(unnamed), "")]).astype(object)
    businesses = np.concatenate([business, _business_of(text)[unnamed]]).astype(object)
    order = np.lexsort((named.astype(str), number))
    take = pa.array(number[order])

    def column(name: str) -> pa.Array:
        return rows[name].combine_chunks().take(take)

    return Holdings(
        row=np.asarray(column(_PLACE).to_numpy(zero_copy_only=False), dtype=np.int64),
        category=named[order],
        business=businesses[order],
        text=column("category").to_numpy(zero_copy_only=False),
        reference=column("licence_no"),
        event_on=column("event_on"),
        source=column("source"),
        first_on=first_on,
    )


def _entries(
    found: Mapping[str, npt.NDArray[np.int64]],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.str_]]:
    """Row numbers and codes of all matches."""
    codes = np.repeat(list(found), [len(rows) for rows in found.values()])
    return np.concatenate(list(found.values())), codes


def _business_of(text: pa.Array) -> npt.NDArray[np.object_]:
    """The business that a licence's form tells, from the words of the code table."""
    chosen = np.full(len(text), "", dtype=object)
    for code, business in law.codes("food_businesses").items():
        words = [word for word in business.attributes["words"].split(";") if word != "none"]
        if words:
            matching = _matching(text, "|".join(words))
            chosen[matching] = code
    return chosen


def _matching(text: Any, pattern: str) -> npt.NDArray[np.int64]:
    if not len(text):
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(pc.match_substring_regex(text, pattern).to_numpy(zero_copy_only=False))
