"""From a grading run and the office's choices to a plan, its frame and its burden."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.double_random.documents import VERSION, Grade, ItemRule, Plan, PlannedStratum, TeamRule
from scoring.double_random.frame import Frame, build_frame
from scoring.double_random.graded_library import GradedLibrary, read_graded_library
from scoring.double_random.inspectors import Roster, qualify
from scoring.double_random.items import item_masks, needs_of_items, read_item_rules
from scoring.double_random.libraries import check_frozen
from scoring.double_random.plan_staffing import refuse_impossible
from scoring.double_random.preview import Preview, preview_plan
from scoring.double_random.rules import DrawRules
from scoring.double_random.strata import (
    GRADES,
    ceil_per_mille,
    spread_uniform_share,
    stratum_name,
)
from scoring.double_random.tables import (
    AVOIDANCE,
    EXCLUSIONS,
    INSPECTORS,
    ITEM_OBJECTS,
    ITEMS,
    RESTED,
    canonical_table,
    read_table,
)
from scoring.double_random.wishes import PlanWishes, check_wishes
from scoring.errors import FrameError, LibraryError, PlanError, refuse

LIBRARY = "objects.parquet"
FRAME = "frame.txt"
PLAN = "plan.json"
# What a plan commits to by hash, beside itself.
PLANNED_FILES = (
    FRAME,
    LIBRARY,
    INSPECTORS.file,
    AVOIDANCE.file,
    EXCLUSIONS.file,
    RESTED.file,
    ITEMS.file,
    ITEM_OBJECTS.file,
)
_NO_OBJECT = "不是任何事项的检查对象 object of no item"


@dataclass(frozen=True)
class HandedIn:
    """The office's tables as they came, in bytes; None where there is none.

    `libraries` are the files of a hand-in that freeze the libraries; empty without libraries.
    """

    inspectors: bytes
    avoidance: bytes | None = None
    exclusions: bytes | None = None
    rested: bytes | None = None
    items: bytes | None = None
    item_objects: bytes | None = None
    libraries: Mapping[str, bytes] = field(default_factory=dict)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by file, read and checked."""
        given = (
            (INSPECTORS, self.inspectors),
            (AVOIDANCE, self.avoidance),
            (EXCLUSIONS, self.exclusions),
            (RESTED, self.rested),
            (ITEMS, self.items),
            (ITEM_OBJECTS, self.item_objects),
        )
        return {shape.file: read_table(content, shape) for shape, content in given}


@dataclass(frozen=True)
class PlannedRound:
    """A plan with the files of its evidence folder, ready to be shown and to be frozen."""

    plan: Plan
    preview: Preview
    files: Mapping[str, bytes] = field(repr=False)


def make_plan(
    library: GradedLibrary, handed_in: HandedIn, *, wishes: PlanWishes, rules: DrawRules
) -> PlannedRound:
    """Lay out a round: strata, ratios, floors, frame, inspectors. Nothing is drawn.

    Raises
    ------
    PlanError
        Wishes that may not be carried out, all at once; a library without a column or a grade.
    InputTableError, FrameError, InspectorError, LibraryError
        From the tables, the enterprise codes, the roster and the libraries frozen with them.
    """
    tables = handed_in.tables()
    item_rules = _item_rules(tables[ITEMS.file], wishes, rules)
    wishes = replace(wishes, items=tuple(rule.item for rule in item_rules))
    check_wishes(wishes, rules)
    objects = read_graded_library(library)
    objects["rested"] = objects["uscc"].isin(tables[RESTED.file]["uscc"])
    objects["items"] = item_masks(objects["uscc"], tables[ITEM_OBJECTS.file], wishes.items)
    is_excluded = objects["uscc"].isin(tables[EXCLUSIONS.file]["uscc"])
    drawable = objects[~is_excluded & (objects["items"] > 0)].reset_index(drop=True)
    team = _team(wishes, rules, item_rules)
    roster = qualify(
        tables[INSPECTORS.file], tables[AVOIDANCE.file], first_day=wishes.task_from, team=team
    )
    strata = _lay_strata(
        drawable, objects["area_code"], wishes=wishes, rules=rules, items=item_rules
    )
    frame = _frame_of(drawable, every_item=_every_item(item_rules))
    files = {name: canonical_table(table) for name, table in tables.items()}
    files |= _frozen_libraries(handed_in.libraries, files)
    files |= {LIBRARY: _parquet_bytes(objects), FRAME: frame.content}
    plan = _plan_document(
        library, wishes, rules=rules, strata=strata, team=team, files=files, items=item_rules
    )
    _refuse_large_team(plan, rules)
    refuse_impossible(plan, roster, drawable)
    plan = plan.model_copy(
        update={"exclusions_by_ground": _count_grounds(objects, tables[EXCLUSIONS.file])}
    )
    return PlannedRound(
        plan=plan,
        preview=preview_plan(
            plan,
            rules,
            roster=roster,
            excluded=objects[is_excluded],
            risk=_mean_risk(drawable, _strata_of(drawable, every_item=_every_item(item_rules))),
            unknown=_unknown_codes(objects, tables),
            expiring=_expiring(tables[INSPECTORS.file], roster, last_day=wishes.task_to),
        ),
        files=files | {PLAN: plan.to_bytes()},
    )


def _frozen_libraries(
    libraries: Mapping[str, bytes], tables: Mapping[str, bytes]
) -> Mapping[str, bytes]:
    if libraries:
        refuse(LibraryError, check_frozen({**libraries, **tables}))
    return libraries


def _frame_of(drawable: pd.DataFrame, *, every_item: int) -> Frame:
    if drawable.empty:
        raise FrameError(
            "排除后没有可抽取的企业，请检查排除名单和事项对象名录",
            "Nobody is left to draw after the exclusions; check them and the objects of the items",
        )
    return build_frame(drawable["uscc"], _strata_of(drawable, every_item=every_item))


def _strata_of(drawable: pd.DataFrame, *, every_item: int) -> Any:
    """Name of the stratum of every enterprise."""
    status = np.where(drawable["rested"], "rest", "due")
    suffix = np.where(drawable["items"] == every_item, "", ".i" + drawable["items"].astype("str"))
    return drawable["area_code"] + "." + drawable["grade"] + "." + status + suffix


def _lay_strata(
    drawable: pd.DataFrame,
    areas: "pd.Series[Any]",
    *,
    wishes: PlanWishes,
    rules: DrawRules,
    items: tuple[ItemRule, ...],
) -> tuple[PlannedStratum, ...]:
    """Every area x grade x rest status x set of items, those without enterprises too."""
    cells = ["area_code", "grade", "rested", "items"]
    sizes: dict[Any, int] = drawable.groupby(cells).size().to_dict()

    def ratios(grade: Grade, rested: bool, mask: int) -> dict[str, int]:
        full = {
            rule.item: rule.ratios_per_mille[grade]
            for bit, rule in enumerate(items)
            if mask >> bit & 1
        }
        resting = rules.rest_rate_per_mille
        return {i: ceil_per_mille(resting, r) if rested else r for i, r in full.items()}

    strata = [
        PlannedStratum(
            stratum=stratum_name(
                area, grade, rested=rested, items="" if mask == _every_item(items) else f"i{mask}"
            ),
            area_code=area,
            grade=grade,
            rested=rested,
            population=sizes.get((area, grade, rested, mask), 0),
            ratio_per_mille=max(ratios(grade, rested, mask).values()),
            floor=wishes.floor,
            item_ratios=ratios(grade, rested, mask),
        )
        for area in sorted(map(str, areas.unique()))
        for grade in GRADES
        for rested in (False, True)
        for mask in sorted(drawable["items"].unique().tolist())
    ]
    return spread_uniform_share(strata, share_per_mille=rules.uniform_share_per_mille)


def _team(wishes: PlanWishes, rules: DrawRules, items: tuple[ItemRule, ...]) -> TeamRule:
    return TeamRule(
        minimum=rules.minimum_inspectors,
        size=wishes.size_of_team(rules),
        reason=wishes.team_reason,
        same_area=wishes.same_area,
        matter=wishes.matter,
        most_visits=wishes.most_visits,
    )


def _item_rules(table: pd.DataFrame, wishes: PlanWishes, rules: DrawRules) -> tuple[ItemRule, ...]:
    """From items.csv, or one rule for every named item, of no department in particular."""
    ratios = {
        grade: wishes.grade_ratios.get(grade, rules.ratios_per_mille[grade]) for grade in GRADES
    }
    if len(table):
        if wishes.items and set(wishes.items) != set(table["item"]):
            raise PlanError(
                "抽查事项与事项清单 items.csv 不一致，请只写一处",
                "The inspection items are not those of items.csv; name them in one place",
            )
        return read_item_rules(table, ratios)
    return tuple(
        ItemRule.model_construct(item=item, department="", matter="", ratios_per_mille=ratios)
        for item in wishes.items
    )


def _refuse_large_team(plan: Plan, rules: DrawRules) -> None:
    """Departments enlarge a team; above the usual size a reason must be given."""
    most = rules.maximum_inspectors(joint=plan.item_kind == "joint")
    size = max(plan.team.size, len(needs_of_items(plan, set(plan.items))))
    if size > most and not plan.team.reason.strip():
        raise PlanError(
            f"各部门事项合计需 {size} 人，一般不超过 {most} 人，须写明理由",
            f"The departments need {size} inspectors, normally {most} at most; give a reason",
        )


def _every_item(items: tuple[ItemRule, ...]) -> int:
    return (1 << len(items)) - 1


def _plan_document(
    library: GradedLibrary,
    wishes: PlanWishes,
    *,
    rules: DrawRules,
    strata: tuple[PlannedStratum, ...],
    team: TeamRule,
    files: Mapping[str, bytes],
    items: tuple[ItemRule, ...],
) -> Plan:
    return Plan(
        version=VERSION,
        round=wishes.round_id,
        region=wishes.region,
        run_id=library.run_id,
        as_of=library.as_of,
        grades_sha256=library.grades_sha256,
        items=wishes.items,
        item_kind="joint" if wishes.is_joint else "single",
        item_rules=items,
        task_from=wishes.task_from,
        task_to=wishes.task_to,
        randomness_name=wishes.randomness_name.strip(),
        minimum_randomness_bits=rules.minimum_randomness_bits,
        ratios_per_mille=wishes.ratios(rules),
        rest_rate_per_mille=rules.rest_rate_per_mille,
        uniform_share_per_mille=rules.uniform_share_per_mille,
        reserve_per_mille=wishes.reserve_per_mille,
        floor=wishes.floor,
        library_size=library.rows.num_rows,
        exclusions_by_ground={},
        strata=strata,
        team=team,
        law=rules.basis,
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )


def _count_grounds(objects: pd.DataFrame, exclusions: pd.DataFrame) -> dict[str, int]:
    met = exclusions[exclusions["uscc"].isin(objects["uscc"])]
    grounds = {str(ground): int(count) for ground, count in met["ground"].value_counts().items()}
    others = objects[~objects["uscc"].isin(met["uscc"])]
    if strangers := int((others["items"] == 0).sum()):
        grounds[_NO_OBJECT] = strangers
    return grounds


def _unknown_codes(
    objects: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> dict[str, list[str]]:
    """Codes in the office's tables that the library does not have, by file."""
    found = {
        shape.file: tables[shape.file].loc[
            ~tables[shape.file]["uscc"].isin(objects["uscc"]), "uscc"
        ]
        for shape in (EXCLUSIONS, RESTED, AVOIDANCE)
    }
    return {name: codes.unique().tolist() for name, codes in found.items() if len(codes)}


def _expiring(inspectors: pd.DataFrame, roster: Roster, *, last_day: date) -> list[str]:
    """Qualified on the first day of the task, but not on its last."""
    ends = inspectors["certificate_valid_to"] < last_day.isoformat()
    rows = inspectors["inspector_id"].isin(roster.ids) & ends
    return inspectors.loc[rows, "inspector_id"].tolist()


def _mean_risk(drawable: pd.DataFrame, strata: Any) -> dict[str, float]:
    """Mean probability of a bad outcome by stratum, where the run has one; for the screen only."""
    means = drawable["probability"].groupby(strata).mean().dropna()
    return {str(name): float(mean) for name, mean in means.items()}


def _parquet_bytes(objects: pd.DataFrame) -> bytes:
    columns = ["uscc", "name", "address", "area_code"]
    table = pa.table({name: pa.array(objects[name], pa.string()) for name in columns})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return content
