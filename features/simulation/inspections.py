"""Visits and sampling tests as records, with their results and counts of findings."""

from dataclasses import dataclass

import numpy as np

from features.simulation.arrays import DAY, Array, Columns, optional, sigmoid, stacked, stream
from features.simulation.city import City
from features.simulation.history import NEVER
from features.simulation.industries import INDUSTRIES
from features.simulation.matters import matter_of, matter_zh
from features.simulation.naming import bureau_of, text_of
from features.simulation.parameters import KINDS
from features.simulation.source_file import (
    ID_COLUMN,
    KNOWN_COLUMN,
    SourceFile,
    collected_on,
    finished,
    numbered,
    years_of,
)

KIND_ZH = {
    "double_random": "双随机抽查",
    "routine": "日常检查",
    "special": "专项检查",
    "complaint": "投诉举报核查",
    "follow_up": "整改复查",
    "sampling_test": "监督抽检",
}
CHECKLIST_MATTERS = ("food", "special_equipment")
"""Areas inspected point by point, with critical findings."""
_FOLLOW_UP_DAYS = (10, 60)  # soonest and latest after the visit that found the problem
_MOST_FINDINGS = 12
_PHARMACY = "5251"


@dataclass(frozen=True)
class Inspections:
    """One row a visit or test."""

    enterprise: Array
    day: Array
    known: Array  # day of collection; findings travel with their inspection
    kind: Array
    found: Array
    result: Array
    matter: Array
    counts: dict[str, Array]  # by severity: critical, serious, minor
    counted: Array  # a test has no counts
    number: Array


def describe(city: City) -> Inspections:
    """Every visit and test with its result."""
    rng = stream(city.seed, "inspections")
    rows = stacked([_visits(city, rng), _visits_to_the_gone(city, rng), _tests(city, rng)])
    enterprise, found = rows["enterprise"], rows["found"]
    is_test = rows["kind"] == "sampling_test"
    matter = matter_of(city.people, enterprise, holders=city.holders, rng=rng)
    matter = np.where(is_test, "food", matter)
    counted = ~(is_test | rows["gone"])
    laxness = city.history.laxness[rows["month"], enterprise]
    checklist = np.isin(matter, CHECKLIST_MATTERS)
    counts = _counts(laxness, found, checklist=checklist, rng=rng)
    counts = {name: np.where(counted, count, 0) for name, count in counts.items()}
    return Inspections(
        enterprise=enterprise,
        day=rows["day"],
        known=collected_on(rows["day"], rng),
        kind=rows["kind"],
        found=found,
        result=_results(city, rows, matter=matter, minor=counts["minor"], rng=rng),
        matter=matter,
        counts=counts,
        counted=counted,
        number=numbered("模检", years_of(rows["day"]), rng=rng),
    )


def _block(enterprise: Array, months: Array, *, day: Array, kind: Array, found: Array) -> Columns:
    return {
        "enterprise": enterprise,
        "month": months,
        "day": day,
        "kind": kind.astype("U16"),
        "found": found,
        "gone": np.zeros(len(enterprise), dtype=bool),
    }


def _visits(city: City, rng: np.random.Generator) -> Columns:
    """Visits with their days; a follow-up comes within 60 days of the visit it follows."""
    events = city.history.visits
    months, enterprise = events["month"], events["enterprise"]
    kind = np.array(KINDS)[events["kind"]]
    day = city.timeline.days_within(months, rng)
    order = np.lexsort((months, enterprise))
    same = enterprise[order][1:] == enterprise[order][:-1]
    follows = (kind[order][1:] == "follow_up") & same
    previous = np.full(len(order), np.datetime64("NaT"), dtype=DAY)
    # A chain of follow-ups is dated link by link: passes until nothing moves.
    for _ in range(city.timeline.months):
        before = day
        previous[order[1:]] = np.where(follows, day[order[:-1]], np.datetime64("NaT"))
        day = _after(previous, day, eve=city.timeline.bounds[months])
        if (day == before).all():
            break
    return _block(enterprise, months, day=day, kind=kind, found=events["found"] > 0)


def _after(previous: Array, day: Array, *, eve: Array) -> Array:
    """Move a day that is too soon or too late after `previous`; NaT leaves it."""
    soonest = np.maximum(previous + _FOLLOW_UP_DAYS[0], eve + 1)
    moved = np.minimum(np.maximum(day, soonest), previous + _FOLLOW_UP_DAYS[1])
    return np.where(np.isnat(previous), day, moved)


def _visits_to_the_gone(city: City, rng: np.random.Generator) -> Columns:
    """Some months after an enterprise silently closed, somebody stands before a locked door."""
    rows = np.flatnonzero(city.history.abandoned < NEVER)
    months = city.history.abandoned[rows] + rng.integers(1, 12, len(rows))
    inside = months < city.timeline.months
    rows, months = rows[inside], months[inside]
    block = _block(
        rows,
        months,
        day=city.timeline.days_within(months, rng),
        kind=np.where(rng.random(len(rows)) < 0.5, "double_random", "routine"),
        found=np.zeros(len(rows), dtype=bool),
    )
    return {**block, "gone": np.ones(len(rows), dtype=bool)}


def _tests(city: City, rng: np.random.Generator) -> Columns:
    events = city.history.tests
    months = events["month"]
    return _block(
        events["enterprise"],
        months,
        day=city.timeline.days_within(months, rng),
        kind=np.full(len(months), "sampling_test"),
        found=events["failed"] > 0,
    )


def _counts(
    laxness: Array, found: Array, *, checklist: Array, rng: np.random.Generator
) -> dict[str, Array]:
    """Findings by severity. Minor ones come at every visit and tell how an enterprise is run."""
    size = len(laxness)
    minor = rng.poisson(np.exp(np.where(checklist, 0.8, 0.3) + 1.3 * laxness))
    serious = rng.poisson(np.where(found, 0.6, 0.06 * np.exp(0.8 * laxness))) + found
    grave = found & checklist & (rng.random(size) < sigmoid(-0.2 + 0.8 * laxness))
    critical = np.where(grave, 1 + rng.poisson(0.3, size), 0)
    counts = {"critical": critical, "serious": serious, "minor": minor}
    return {name: np.minimum(count, _MOST_FINDINGS) for name, count in counts.items()}


def _results(
    city: City, rows: Columns, *, matter: Array, minor: Array, rng: np.random.Generator
) -> Array:
    """Result codes: 3, 4, D, C, 8 for what was found; 1, E and rare others for the rest."""
    chance, other = rng.random(len(matter)), rng.random(len(matter))
    industry = np.array([entry.code for entry in INDUSTRIES])
    pharmacy = industry[city.people.industry[rows["enterprise"]]] == _PHARMACY
    food_or_drug = (matter == "food") | pharmacy
    technical = np.isin(matter, ("special_equipment", "product_quality"))
    refused, false = chance < 0.02, (chance < 0.04) & (matter != "food")
    bad = np.select([refused, false, food_or_drug, technical], ["8", "C", "3", "4"], default="D")
    corrected = (minor >= 3) & (chance < 0.6)
    fine = np.select(
        [corrected, other < 0.004, other < 0.008, other < 0.014],
        ["E", "B", "A", "F"],
        default="1",
    )
    is_test = rows["kind"] == "sampling_test"
    result = np.where(rows["found"], np.where(is_test, "3", bad), np.where(is_test, "1", fine))
    return np.where(rows["gone"], "6", result)


def inspection_file(city: City, inspections: Inspections) -> SourceFile:
    """The ledger of inspections."""
    rng = stream(city.seed, "inspection ledger")
    rows, counts, counted = inspections.enterprise, inspections.counts, inspections.counted
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows],
        "检查编号": inspections.number,
        "检查类别": text_of(inspections.kind, KIND_ZH),
        "检查领域": matter_zh(inspections.matter),
        "检查日期": inspections.day,
        "检查结果代码": inspections.result,
        "严重问题数": optional(counts["critical"], counted),
        "较重问题数": optional(counts["serious"], counted),
        "一般问题数": optional(counts["minor"], counted),
        "检查机关": bureau_of(city.people.area[rows]),
        KNOWN_COLUMN: inspections.known,
    }
    return SourceFile(
        source="city_inspections",
        name="模拟_监督检查.csv",
        layout="csv",
        columns=finished(columns, "检查日期", timeline=city.timeline, rng=rng),
        event_column="检查日期",
        code_column="检查结果代码",
        required_column="检查编号",
        encoding="gb18030",
    )
