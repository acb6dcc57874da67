"""Who may inspect whom: certificates, avoidance (回避), matters and area.

References
----------
行政处罚法 art. 42 (two or more, with certificates) and art. 43 (avoidance); 国办发〔2024〕54号:
grid workers and assistants may not inspect. Parameter ``double_random.minimum_inspectors``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.double_random.documents import TeamRule
from scoring.double_random.items import Need
from scoring.double_random.tables import listed
from scoring.errors import InspectorError

# 国办发〔2024〕54号: who may not carry out an administrative inspection, certificate or not.
_NO_INSPECTORS = "网格员|辅助人员|辅警|协管|临时工|劳务派遣|第三方|中介"
_MATTER_SEPARATOR = r"[;；、|]"


@dataclass(frozen=True)
class Roster:
    """Qualified inspectors in the order of their ids, and the pairs that must not meet.

    A blank area or matter means every area, every matter. `bans` has the rows (uscc, place in
    `ids`) of avoidance entries that concern a qualified inspector.
    """

    ids: tuple[str, ...]
    units: tuple[str, ...]
    areas: tuple[str, ...]
    matters: tuple[frozenset[str], ...]
    bans: pd.DataFrame
    disqualified: dict[str, str]

    def able(self, need: Need, *, area_code: str) -> npt.NDArray[np.bool_]:
        """Who may fill a place, avoidance apart; a blank area binds nobody."""
        return np.array(
            [
                (not need.department or need.department == unit)
                and (not area_code or area in ("", area_code))
                and (not need.matter or not matters or need.matter in matters)
                for unit, area, matters in zip(self.units, self.areas, self.matters, strict=True)
            ],
            dtype=bool,
        )

    def banned_pairs(self, usccs: Sequence[str]) -> frozenset[int]:
        """Pairs that must not meet, as ``place in usccs * inspectors + place in ids``."""
        rows = pd.Index(list(usccs)).get_indexer(pd.Index(self.bans["uscc"]))
        pairs = rows.astype(np.int64) * len(self.ids) + self.bans["place"].to_numpy(np.int64)
        return frozenset(pairs[rows >= 0].tolist())


def qualify(
    inspectors: pd.DataFrame, avoidance: pd.DataFrame, *, first_day: date, team: TeamRule
) -> Roster:
    """Keep those with a certificate valid on the task's first day who may handle the matter.

    Raises
    ------
    InspectorError
        Fewer are left than a team needs; says why each of the others is not qualified.
    """
    matters = inspectors["matters"].str.split(_MATTER_SEPARATOR, regex=True)
    # Read from above: the first reason that applies is told.
    reasons = pd.Series(
        np.select(
            [
                inspectors["role"].str.contains(_NO_INSPECTORS),
                inspectors["certificate_no"] == "",
                inspectors["certificate_valid_to"] == "",
                inspectors["certificate_valid_to"] < first_day.isoformat(),
                _lacks(team.matter, matters, inspectors["matters"]),
            ],
            [
                "该身份不得实施行政检查 role may not inspect",
                "无执法证 no certificate",
                "证件无有效期 no validity",
                "执法证过期 expired",
                "非本领域 other matter",
            ],
            default="",
        ),
        index=inspectors.index,
    )
    kept = inspectors[reasons == ""].reset_index(drop=True)
    disqualified = dict(zip(inspectors["inspector_id"], reasons, strict=True))
    disqualified = {person: reason for person, reason in disqualified.items() if reason}
    _refuse_too_few(len(kept), disqualified, first_day=first_day, team=team)
    places = pd.Index(kept["inspector_id"]).get_indexer(pd.Index(avoidance["inspector_id"]))
    return Roster(
        ids=tuple(kept["inspector_id"]),
        units=tuple(kept["unit"]),
        areas=tuple(kept["area_code"]),
        matters=tuple(
            frozenset(filter(None, split))
            for split in kept["matters"].str.split(_MATTER_SEPARATOR, regex=True)
        ),
        bans=pd.DataFrame({"uscc": avoidance["uscc"], "place": places})[places >= 0],
        disqualified=disqualified,
    )


def _lacks(matter: str, split: "pd.Series[Any]", whole: "pd.Series[Any]") -> "pd.Series[bool]":
    if not matter:
        return pd.Series(False, index=whole.index)
    # Inspectors are few; a list per cell has no column form.
    return (whole != "") & ~split.map(lambda matters: matter in matters).astype(bool)


def _refuse_too_few(
    number: int, disqualified: dict[str, str], *, first_day: date, team: TeamRule
) -> None:
    if number >= max(team.size, team.minimum):
        return
    why = listed([f"{person}（{reason}）" for person, reason in disqualified.items()]) or "-"
    raise InspectorError(
        f"{first_day} 只有 {number} 名合格检查人员，每次检查需 {team.size} 名"
        f"（不得少于 {team.minimum} 名）。不合格：{why}。请更新名录后重新制定方案",
        f"Only {number} qualified inspectors on {first_day}; a visit needs {team.size} (never fewer"
        f" than {team.minimum}). Not qualified: {why}. Bring the roster up to date and plan again",
    )
