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

from features.messages import Message
from scoring.double_random.documents import TeamRule
from scoring.double_random.tables import listed
from scoring.errors import InspectorError, refuse

_MATTER_SEPARATOR = r"[;；、|]"


@dataclass(frozen=True)
class Roster:
    """Qualified inspectors in the order of their ids, and the pairs that must not meet.

    A blank area or matter means every area, every matter. `bans` has the rows (uscc, place in
    `ids`) of avoidance entries that concern a qualified inspector.
    """

    ids: tuple[str, ...]
    areas: tuple[str, ...]
    bans: pd.DataFrame
    disqualified: dict[str, str]

    def qualified_for(
        self, usccs: Sequence[str], areas: Sequence[str], *, same_area: bool
    ) -> npt.NDArray[np.bool_]:
        """May they visit? One row per enterprise, one column per inspector."""
        if same_area:
            own = np.array(self.areas, dtype=object)
            wanted = np.array(areas, dtype=object)[:, None]
            allowed: npt.NDArray[np.bool_] = ((own == "") | (wanted == own)).astype(bool)
        else:
            allowed = np.ones((len(usccs), len(self.ids)), dtype=bool)
        places = pd.Index(list(usccs)).get_indexer(pd.Index(self.bans["uscc"]))
        met = places >= 0
        allowed[places[met], self.bans["place"].to_numpy(dtype=np.int64)[met]] = False
        return allowed


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
                inspectors["certificate_no"] == "",
                inspectors["certificate_valid_to"] == "",
                inspectors["certificate_valid_to"] < first_day.isoformat(),
                _lacks(team.matter, matters, inspectors["matters"]),
            ],
            [
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
        areas=tuple(kept["area_code"]),
        bans=pd.DataFrame({"uscc": avoidance["uscc"], "place": places})[places >= 0],
        disqualified=disqualified,
    )


def refuse_impossible(
    roster: Roster, usccs: "pd.Series[Any]", areas: "pd.Series[Any]", *, team: TeamRule
) -> None:
    """Every enterprise of the library must have enough inspectors, whoever will be drawn.

    Asked before the freeze: once the randomness is out, a draw that can't be carried out would
    invite a second throw. Inspectors have no limit of visits, so by Hall's theorem it is enough to
    count, for every enterprise, those who may go there.

    Raises
    ------
    InspectorError
        Naming areas and enterprises that too few inspectors may visit.
    """
    names = sorted(set(areas)) if team.same_area else [""]
    own = np.array(roster.areas, dtype=object)
    serving = {
        name: (own == name) | (own == "") if team.same_area else np.ones(len(own), dtype=bool)
        for name in names
    }
    faults = [
        Message(
            f"区域 {name} 只有 {int(able.sum())} 名合格检查人员，每次检查需 {team.size} 名",
            f"area {name} has {int(able.sum())} qualified inspectors, {team.size} are needed",
        )
        for name, able in serving.items()
        if able.sum() < team.size
    ]
    refuse(InspectorError, faults)
    impossible = _short_of_inspectors(roster, usccs, areas, serving=serving, team=team)
    if impossible:
        raise InspectorError(
            f"回避后，以下企业的合格检查人员不足 {team.size} 名：{listed(impossible)}。"
            "请补充检查人员或依法排除",
            f"After avoidance, fewer than {team.size} qualified inspectors may visit:"
            f" {listed(impossible)}. Add inspectors, or exclude them on a legal ground",
        )


def _short_of_inspectors(
    roster: Roster,
    usccs: "pd.Series[Any]",
    areas: "pd.Series[Any]",
    *,
    serving: dict[str, npt.NDArray[np.bool_]],
    team: TeamRule,
) -> list[str]:
    """Only enterprises with avoidance entries can be short once their area is not."""
    area_of = pd.Series(areas.to_numpy(), index=usccs.to_numpy())
    bans = roster.bans[roster.bans["uscc"].isin(usccs)]
    if bans.empty:
        return []
    keys = area_of.loc[bans["uscc"]].to_numpy() if team.same_area else np.full(len(bans), "")
    able = np.stack([serving[name] for name in serving])
    rows = pd.Index(list(serving)).get_indexer(pd.Index(keys))
    counted = bans.assign(key=keys)[able[rows, bans["place"].to_numpy(dtype=np.int64)]]
    banned = counted.groupby(["uscc", "key"]).size()
    total = {name: int(mask.sum()) for name, mask in serving.items()}
    left = banned.index.get_level_values("key").map(total).to_numpy() - banned.to_numpy()
    return sorted(banned.index.get_level_values("uscc")[left < team.size])


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
