"""The findings behind the counts of an inspection, one row each."""

import numpy as np

from features.simulation.arrays import Array, joined, padded, stream
from features.simulation.city import City
from features.simulation.inspections import Inspections
from features.simulation.matters import matter_zh
from features.simulation.naming import text_of
from features.simulation.source_file import ID_COLUMN, KNOWN_COLUMN, SourceFile, finished

_SEVERITY_ZH = {"critical": "严重", "serious": "较重", "minor": "一般"}
_ITEM_PREFIX = {
    "food": "SP",
    "special_equipment": "TZ",
    "product_quality": "ZL",
    "advertising": "GG",
    "price": "JG",
    "trademark": "SB",
    "consumer": "XF",
    "registration": "DJ",
    "competition": "JZ",
    "other": "QT",
}
_ITEMS = 30  # checklist items of an area of law and severity
_STEP = 7  # coprime with _ITEMS: the findings of one visit are different items


def finding_file(city: City, inspections: Inspections) -> SourceFile:
    """The findings; an enterprise tends to repeat its own."""
    rng = stream(city.seed, "findings")
    blocks = [_expanded(inspections.counts[name], severity=name) for name in _SEVERITY_ZH]
    visit, nth, severity = (np.concatenate(part) for part in zip(*blocks, strict=True))
    mood = rng.integers(0, 3, len(inspections.day))
    item = (inspections.enterprise[visit] * _STEP + mood[visit] + _STEP * nth) % _ITEMS + 1
    matter = inspections.matter[visit]
    letter = text_of(severity, {name: name[0].upper() for name in _SEVERITY_ZH})
    columns = {
        ID_COLUMN: city.people.enterprise_id[inspections.enterprise[visit]],
        "检查编号": inspections.number[visit],
        "检查项代码": joined(text_of(matter, _ITEM_PREFIX), letter, padded(item, 2)),
        "严重程度": text_of(severity, _SEVERITY_ZH),
        "检查项内容": joined(
            matter_zh(matter), "检查要点第", item.astype(np.str_), "项不符合（模拟）"
        ),
        "检查日期": inspections.day[visit],
        KNOWN_COLUMN: inspections.known[visit],
    }
    return SourceFile(
        source="city_findings",
        name="模拟_检查问题.csv",
        layout="csv",
        columns=finished(columns, "检查日期", timeline=city.timeline, rng=rng),
        event_column="检查日期",
        code_column="严重程度",
        required_column="检查项代码",
        encoding="gb18030",
    )


def _expanded(counts: Array, *, severity: str) -> tuple[Array, Array, Array]:
    """For each finding its visit and its number within the visit."""
    visit = np.repeat(np.arange(len(counts)), counts)
    nth = np.arange(len(visit)) - np.repeat(np.cumsum(counts) - counts, counts)
    return visit, nth, np.full(len(visit), severity, dtype="U8")
