"""What inspections found after a day: the outcomes that models learn to foresee."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import pyarrow as pa

from features.engine import AnyEngine
from features.indicators.errors import LabelError
from features.indicators.moment import moment
from features.indicators.records import ArchiveTables, Records, bind_records
from features.indicators.visits import SEVERITIES, codes_of, with_follow_ups, with_severities

# Nobody could look: such a visit says nothing about problems.
_BLIND_CLASSES = ("unreachable", "no_activity", "closed")


@dataclass(frozen=True)
class Label:
    """Which inspections count, and which of their outcomes are bad.

    Attributes
    ----------
    inspection_kinds
        Kinds that count; ``follow_up`` never does.
    bad_result_codes
        Codes of law/codes/inspection_results that are bad.
    bad_severities
        Severities of which one finding is bad: critical, serious, minor.
    matters
        Areas of law inspected; None takes all.
    followup_days
        A visit so soon after the enterprise's last one is a follow-up.
    """

    name: str
    zh: str
    en: str
    inspection_kinds: tuple[str, ...]
    bad_result_codes: tuple[str, ...]
    bad_severities: tuple[str, ...]
    matters: tuple[str, ...] | None
    followup_days: int

    def __post_init__(self) -> None:
        unknown = sorted(set(self.bad_severities) - set(SEVERITIES))
        if unknown:
            raise LabelError(
                f"标签 {self.name} 的 bad_severities 含未知程度 {'、'.join(unknown)}；"
                f"只能是 {'、'.join(SEVERITIES)}",
                f"label {self.name}: bad_severities has {', '.join(unknown)}; only"
                f" {', '.join(SEVERITIES)} are known",
            )


def inspection_outcomes(
    engine: AnyEngine,
    archive: ArchiveTables,
    *,
    after: date,
    until: date,
    known_by: date,
    label: Label,
) -> pa.Table:
    """Inspections of a period with their outcome.

    Left out: follow-ups (by kind, or within ``label.followup_days`` after any earlier visit of the
    enterprise, visits before `after` included), because finding again what was found is no
    foresight; and visits that could not look (unreachable, no such activity, closed) unless the
    label calls their result bad.

    Returns
    -------
    pa.Table
        One row per inspection with ``after < event_on <= until`` whose record was known by the end
        of `known_by`: enterprise_id, inspection_no, event_on, inspection_kind, is_bad, inclusion
        (probability n/N with which a round of the office drew the enterprise; null where no draw
        led to the visit, and for a reserve); sorted by enterprise, day and number.
    """
    records = Records(moment(known_by))
    seen = with_follow_ups(records.of("inspection"), days=label.followup_days)
    chosen = _chosen(seen, records, label)
    chosen = chosen.filter(chosen.event_on > after, chosen.event_on <= until)
    rows = with_severities(chosen, records.of("finding"))
    outcomes = rows.select(
        "enterprise_id",
        "inspection_no",
        "event_on",
        "inspection_kind",
        is_bad=_is_bad(rows, label),
        inclusion=_inclusion(rows),
    )
    ordered = outcomes.order_by(["enterprise_id", "event_on", "inspection_no"])
    bind_records(engine, archive, records.kinds)
    return engine.to_arrow(ordered)


def _chosen(inspections: Any, records: Records, label: Label) -> Any:
    blind = set(codes_of(records.moment, _BLIND_CLASSES)) - set(label.bad_result_codes)
    chosen = inspections.filter(
        ~inspections.is_followup,
        inspections.inspection_kind.isin(label.inspection_kinds),
        inspections.result_code.notin(sorted(blind)),
    )
    return chosen if label.matters is None else chosen.filter(chosen.matter.isin(label.matters))


def _inclusion(rows: Any) -> Any:
    is_drawn = (rows.inspection_kind == "double_random") & (rows.campaign_role == "drawn")
    share = rows.stratum_drawn / rows.stratum_population
    return ibis.ifelse(is_drawn & (rows.stratum_population > 0), share, None).cast("float64")


def _is_bad(rows: Any, label: Label) -> Any:
    bad: Any = ibis.literal(False)
    if label.bad_result_codes:
        bad = rows.result_code.isin(label.bad_result_codes)
    for severity in label.bad_severities:
        bad = bad | (rows[severity] > 0)
    return bad
