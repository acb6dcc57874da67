"""Whom the patrols of a year concern, and how often each may still be met at the door.

References
----------
Parameters ``patrol.interval_months`` and ``double_random.yearly_visit_cap``; code table
``industries`` (`patrol_level`). 国办发〔2024〕54号: the cap comes first.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from features.messages import Message
from scoring.double_random.frame import ID_PATTERN
from scoring.double_random.strata import NO_AREA
from scoring.double_random.tables import listed
from scoring.errors import FrameError, refuse

MONTHS = 12
COLUMNS = ["uscc", "area_code", "level", "visits"]
_UNIT = "\x1f"


@dataclass(frozen=True)
class CycleRules:
    """Months between patrols by level, and visits that one enterprise may have in the year."""

    interval_months: Mapping[str, int]
    yearly_cap: int

    def rounds(self, level: str) -> int:
        """Patrols a year that the interval of a level calls for."""
        return MONTHS // self.interval_months[level]


def make_cycle_frame(objects: pd.DataFrame) -> bytes:
    """The frame: ``uscc 1F area 1F level 1F visits``, a line each, by code, UTF-8 and LF.

    `objects` has the columns uscc, area_code, level and visits (inspections of the year that
    were made or drawn already).

    Raises
    ------
    FrameError
        Nobody is left, or codes that stand twice or hold foreign characters.
    """
    rows = objects[COLUMNS].sort_values("uscc", kind="stable", ignore_index=True)
    twice = rows.loc[rows["uscc"].duplicated(), "uscc"].tolist()
    foreign = rows.loc[~rows["uscc"].str.fullmatch(ID_PATTERN), "uscc"].tolist()
    faults = [
        Message(f"{zh}：{listed(codes)}", f"{en}: {listed(codes)}")
        for zh, en, codes in (
            ("统一社会信用代码重复", "codes that stand twice", twice),
            ("统一社会信用代码含不允许的字符", "codes with foreign characters", foreign),
        )
        if codes
    ]
    if rows.empty:
        faults.append(Message("没有可巡查的企业", "there is nobody to patrol"))
    refuse(FrameError, faults)
    table = pd.DataFrame({name: rows[name].astype("str") for name in COLUMNS})
    table["area_code"] = table["area_code"].where(table["area_code"] != "", NO_AREA)
    lines = table["uscc"].str.cat(table[COLUMNS[1:]], sep=_UNIT)
    return ("\n".join(lines) + "\n").encode()


def parse_cycle_frame(content: bytes) -> pd.DataFrame:
    """Columns uscc, area_code, level (text) and visits (whole number) of a frame's bytes."""
    lines = pd.Series(content.decode().splitlines(), dtype="str")
    rows = lines.str.split(_UNIT, expand=True)
    rows.columns = pd.Index(COLUMNS)
    rows["visits"] = rows["visits"].astype("int64")
    return rows
