"""The journal of a round's results: entries, corrections, imports, publications, follow-ups.

Nothing in it is overwritten. A line holds the SHA-256 of the line before, so that one that was
altered or taken out of the middle is noticed. What stands now follows from the last line on each
enterprise and item.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final, Literal

import pandas as pd
import pyarrow as pa
from pydantic import AwareDatetime, ValidationError

from features.point_in_time import OFFICE_OFFSET
from scoring.double_random.documents import Count, Document, Round
from scoring.double_random.results_table import KEY, RESULTS_SCHEMA, SEVERITIES, make_results
from scoring.errors import ResultsError

ACTS_VERSION: Final = "xinheng-visits/1"
Kind = Literal["entered", "corrected", "imported", "published", "followed"]
_COLUMNS = [
    *KEY,
    "result_code",
    "completed_on",
    "inspectors",
    "is_unfulfilled",
    "reason",
    *SEVERITIES,
    "attachments",
]


class ItemKey(Document):
    """One item at one enterprise."""

    enterprise_id: str
    item: str


class ResultRow(ItemKey):
    """What was found, in the columns of ``RESULTS_SCHEMA``."""

    result_code: str | None
    completed_on: date | None
    inspectors: tuple[str, ...]
    is_unfulfilled: bool
    reason: str | None
    critical_count: Count | None
    serious_count: Count | None
    minor_count: Count | None
    attachments: tuple[str, ...]


class FollowUpKey(ItemKey):
    """What a result called for; a result that is corrected to another code calls for its own."""

    result_code: str
    action: str


class Act(Document):
    """One act on the results of a round: who, when, why, and the rows as they then stood.

    `rows` are results (entered, corrected, imported); `published` are items whose results were
    put on the publicity system on `published_on`; `followed` are follow-ups done on `followed_on`.
    """

    version: Literal["xinheng-visits/1"]
    round: Round
    number: Count
    kind: Kind
    at: AwareDatetime
    by: str
    reason: str
    rows: tuple[ResultRow, ...]
    published: tuple[ItemKey, ...]
    published_on: date | None
    followed: tuple[FollowUpKey, ...]
    followed_on: date | None
    previous_sha256: str

    def to_line(self) -> bytes:
        """The line of the journal: JSON without blanks, keys sorted, a final line end."""
        document = self.model_dump(mode="json")
        text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return text.encode() + b"\n"


def next_act(
    acts: Sequence[Act],
    *,
    round_id: str,
    kind: Kind,
    at: datetime,
    by: str,
    reason: str = "",
    rows: Sequence[ResultRow] = (),
    published: Sequence[ItemKey] = (),
    published_on: date | None = None,
    followed: Sequence[FollowUpKey] = (),
    followed_on: date | None = None,
) -> Act:
    """The act that follows `acts`."""
    return Act(
        version=ACTS_VERSION,
        round=round_id,
        number=len(acts) + 1,
        kind=kind,
        at=at.astimezone(UTC),
        by=by.strip(),
        reason=reason.strip(),
        rows=tuple(rows),
        published=tuple(published),
        published_on=published_on,
        followed=tuple(followed),
        followed_on=followed_on,
        previous_sha256=hashlib.sha256(acts[-1].to_line()).hexdigest() if acts else "",
    )


def write_acts(acts: Sequence[Act]) -> bytes:
    """The whole journal."""
    return b"".join(act.to_line() for act in acts)


def read_acts(content: bytes) -> list[Act]:
    """The acts of a journal, oldest first.

    Raises
    ------
    ResultsError
        A line can't be read, or is not what was written.
    """
    acts: list[Act] = []
    before = ""
    for number, line in enumerate(content.splitlines(keepends=True), start=1):
        try:
            act = Act.model_validate_json(line)
        except ValidationError:
            raise _broken(number) from None
        if (act.number, act.previous_sha256) != (number, before) or act.to_line() != line:
            raise _broken(number)
        acts.append(act)
        before = hashlib.sha256(line).hexdigest()
    return acts


def results_of(acts: Sequence[Act], *, round_id: str) -> pa.Table:
    """The results that stand after `acts`, with the columns of ``RESULTS_SCHEMA``."""
    rows = [row.model_dump() for act in acts for row in act.rows]
    if not rows:
        return RESULTS_SCHEMA.empty_table()
    table = pd.DataFrame(rows, columns=_COLUMNS, dtype=object)
    return make_results(table.drop_duplicates(KEY, keep="last"), round_id=round_id)


def rows_of(results: pa.Table) -> list[ResultRow]:
    """Rows of ``RESULTS_SCHEMA`` as they stand in an act."""
    lists = ("inspectors", "attachments")
    told = results.select(_COLUMNS).to_pylist()
    return [ResultRow(**row | {name: tuple(row[name]) for name in lists}) for row in told]


def published_days(acts: Sequence[Act]) -> pd.DataFrame:
    """One row per item with a result.

    Columns enterprise_id, item, entered_on (day in China of the act that the result stands by),
    corrections (how often it was changed), published_on (null where what stands now was not
    published: a correction must be published again).
    """
    rows = [
        (key.enterprise_id, key.item, (act.at + OFFICE_OFFSET).date(), act.published_on)
        for act in acts
        for key in (*act.rows, *act.published)
    ]
    columns = [*KEY, "entered_on", "published_on"]
    told = pd.DataFrame(rows, columns=columns, dtype=object)
    results = told[told["published_on"].isna()]
    last = told.drop_duplicates(KEY, keep="last")[[*KEY, "published_on"]]
    entered = results.drop_duplicates(KEY, keep="last")[[*KEY, "entered_on"]]
    times = results.groupby(KEY).size().sub(1).rename("corrections").reset_index()
    return entered.merge(times, on=KEY, how="left").merge(last, on=KEY, how="left")


def followed_days(acts: Sequence[Act]) -> pd.DataFrame:
    """One row per follow-up that was done.

    Columns enterprise_id, item, result_code, action, done_on, done_by, note; the last act counts.
    """
    rows = [
        (*key.model_dump().values(), act.followed_on, act.by, act.reason)
        for act in acts
        for key in act.followed
    ]
    columns = [*FollowUpKey.model_fields, "done_on", "done_by", "note"]
    told = pd.DataFrame(rows, columns=columns, dtype=object)
    return told.drop_duplicates([*FollowUpKey.model_fields], keep="last")


def _broken(number: int) -> ResultsError:
    return ResultsError(
        f"检查结果日志第 {number} 行无法读取或被改动；请从备份恢复",
        f"Line {number} of the journal of results can't be read or was changed; restore a backup",
    )
