"""Each step of the measures on an installation's newest archive; nothing here decides anything."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.archive import Archive, open_archive
from features.engine import Engine
from scoring.health_index import (
    By,
    Definition,
    GroupMean,
    HealthReport,
    group_means,
    score_health,
)
from scoring.key_supervision import (
    Act,
    KeyObject,
    append_acts,
    fold,
    listed,
    propose_objects,
    read_acts,
)
from scoring.measures import (
    Facts,
    GradedRun,
    IndicatorRule,
    LawReader,
    Levels,
    RepeatOffenders,
    SupervisionPlan,
    SupervisionRules,
    find_repeat_offenders,
    four_in_one,
    industry_levels,
    list_runs,
    open_run,
    plan_year,
    propose_guidance,
    read_facts,
    read_overrides,
    read_places,
    read_visits,
    read_zones,
)
from scoring.measures.facts import Progress, silent
from service.grades.in_use import run_in_use
from service.pipeline.engines import open_engine
from service.settings import Settings

_TREND_RUNS = 6
_GUIDANCE, _WARNINGS = "measures.guidance_rules", "measures.warning_rules"
_KEY_SUPERVISION = "measures.key_supervision_rules"


@dataclass(frozen=True)
class Desk:
    """A run with the archive it can be asked about.

    `today` decides what overrides are in force. `facts` were read for every step at once where many
    follow; a step reads its own without them.
    """

    settings: Settings
    engine: Engine
    archive: Archive
    run: GradedRun
    today: date
    progress: Progress = silent
    facts: Facts | None = None

    @property
    def next_year(self) -> int:
        """The year that is planned from the run where none is named."""
        return self.run.as_of.year + 1

    @property
    def one(self) -> list[str] | None:
        """The enterprise asked for alone; None where the desk has the whole run."""
        return self.run.ids.to_pylist() if len(self.run.ids) == 1 else None


@contextmanager
def open_desk(
    settings: Settings,
    *,
    run_id: str | None,
    today: date,
    enterprise_id: str | None = None,
    progress: Progress = silent,
) -> Iterator[Desk]:
    """A finished run (None: the one in use), of one enterprise or of all.

    Raises
    ------
    scoring.errors.UnknownRunError
        No such run, or no such enterprise in it.
    features.errors.ArchiveMissingError
        Nothing was built yet.
    """
    run = chosen_run(settings, run_id)
    run = run if enterprise_id is None else run.only(enterprise_id)
    archive = open_archive(settings.archive_dir)
    with open_engine(settings) as engine:
        yield Desk(settings, engine, archive, run, today, progress)


def chosen_run(settings: Settings, run_id: str | None = None) -> GradedRun:
    """A run by name; None is the one in use, as on the console, or the newest where none is.

    Raises
    ------
    scoring.errors.UnknownRunError
    """
    return open_run(settings.runs_dir, run_id or run_in_use(settings))


def rules_of(settings: Settings, *, year: int, region: str) -> SupervisionRules:
    """The rules in force on the first day of a year."""
    return SupervisionRules.of(date(year, 1, 1), region=region, overlay=settings.law_overlay)


def with_facts(desk: Desk) -> Desk:
    """The desk with every indicator that its steps ask for, read in one pass over the archive."""
    if desk.facts is not None:
        return desk
    reader, names = _reader(desk), {*_health_definition(desk).indicators}
    for rules in (_GUIDANCE, _WARNINGS, _KEY_SUPERVISION):
        names |= {*_named(reader.rules(rules))}
    return replace(desk, facts=_read(desk, sorted(names)))


def make_plan(desk: Desk, *, year: int) -> SupervisionPlan:
    """The supervision plan of a year."""
    run = desk.run
    on_list = pa.array(listed(_objects(desk.settings)), pa.string())
    return plan_year(
        run,
        year=year,
        rules=rules_of(desk.settings, year=year, region=run.region),
        visits=read_visits(desk.engine, desk.archive, run.ids, year=year, as_of=run.as_of),
        levels=levels_of(desk),
        key_supervised=_is_in(run.ids, on_list),
    )


def levels_of(desk: Desk) -> Levels:
    """Industry levels, overrides in force included."""
    return industry_levels(
        desk.run.ids,
        desk.run.texts("industry_code"),
        on=desk.today,
        overrides=read_overrides(desk.settings.measures_dir),
    )


def offenders(settings: Settings, *, as_of: date) -> RepeatOffenders:
    """Repeat offenders known on a day."""
    archive = open_archive(settings.archive_dir)
    with open_engine(settings) as engine:
        return find_repeat_offenders(
            engine, archive, as_of=as_of, region=settings.region, overlay=settings.law_overlay
        )


def guidance(desk: Desk) -> pa.Table:
    """Guidance tasks proposed as of the run's day."""
    reader = _reader(desk)
    rules = reader.rules(_GUIDANCE)
    table = reader.value("measures.supervision")
    facts = _facts(desk, _named(rules))
    return propose_guidance(desk.run, facts, table=table, rules=rules, reader=reader)


def overview(desk: Desk) -> pa.Table:
    """The four-in-one view as of the run's day."""
    rules = _reader(desk).rules(_WARNINGS)
    facts = _facts(desk, _named(rules))
    return four_in_one(
        desk.run,
        facts,
        levels=levels_of(desk),
        warning_rules=rules,
        places=read_places(desk.engine, desk.archive, desk.run.ids, as_of=desk.run.as_of),
        zones=read_zones(desk.settings.measures_dir),
    )


def propose_key_supervision(desk: Desk, *, by: str) -> list[Act]:
    """Add what the run and the archive put forward to the register, and return it."""
    reader = _reader(desk)
    rules = reader.rules(_KEY_SUPERVISION)
    table = reader.value("measures.supervision")
    facts = _facts(desk, _named(rules))
    acts = propose_objects(
        desk.run,
        facts,
        _objects(desk.settings),
        table=table,
        rules=rules,
        reader=reader,
        by=by,
    )
    return append_acts(desk.settings.key_supervision_dir, acts) if acts else []


def health_report(desk: Desk, *, by: By) -> HealthReport:
    """The index of the run, and of the runs before it, newest of each day, as the trend."""
    return health_reports(desk, groupings=(by,))[by]


def health_reports(
    desk: Desk, *, groupings: Sequence[By] = ("area", "industry")
) -> dict[By, HealthReport]:
    """The same in several groupings, each run scored once."""
    settings, last, definition = desk.settings, desk.run, _health_definition(desk)
    groups: dict[By, list[GroupMean]] = {}
    trend: dict[By, dict[str, dict[str, float]]] = {by: {} for by in groupings}
    for run in chain(_open_before(settings, last), [last]):
        of_run = desk if run is last else replace(desk, run=run, facts=None)
        facts = _facts(of_run, definition.indicators)
        scores = score_health(run, facts, definition=definition)
        for by in groupings:
            groups[by] = group_means(scores, by=by, minimum=definition.small_cell)
            trend[by][run.as_of.isoformat()] = {one.key: one.index for one in groups[by]}
    missing = {name: int(np.isnan(values).sum()) for name, values in scores.dimensions.items()}
    return {
        by: HealthReport(
            by=by,
            run_id=last.run_id,
            definition=definition,
            groups=groups[by],
            trend=trend[by],
            missing=missing,
        )
        for by in groupings
    }


def runs_before(settings: Settings, last: GradedRun) -> list[str]:
    """The runs of the trend of the health index: the last of each earlier day, oldest first."""
    # A name begins with its day.
    of_day = {name[:10]: name for name in list_runs(settings.runs_dir)}
    earlier = [of_day[day] for day in sorted(of_day) if day < last.as_of.isoformat()]
    return earlier[-(_TREND_RUNS - 1) :]


def _open_before(settings: Settings, last: GradedRun) -> Iterator[GradedRun]:
    """One after the other: a province's runs are never in memory together."""
    for name in runs_before(settings, last):
        yield open_run(settings.runs_dir, name)


def _objects(settings: Settings) -> dict[str, KeyObject]:
    return fold(read_acts(settings.key_supervision_dir))


def _health_definition(desk: Desk) -> Definition:
    overlay = desk.settings.law_overlay
    return Definition.of(desk.run.as_of, region=desk.run.region, overlay=overlay)


def _named(rules: Sequence[IndicatorRule]) -> list[str]:
    return [rule.indicator for rule in rules]


def _facts(desk: Desk, names: Sequence[str]) -> Facts:
    return desk.facts or _read(desk, names)


def _read(desk: Desk, names: Sequence[str]) -> Facts:
    return read_facts(
        desk.engine,
        desk.archive,
        desk.run.ids,
        names=names,
        as_of=desk.run.as_of,
        enterprise_ids=desk.one,
        progress=desk.progress,
    )


def _reader(desk: Desk) -> LawReader:
    return LawReader(desk.run.as_of, region=desk.run.region, overlay=desk.settings.law_overlay)


def _is_in(ids: pa.Array, wanted: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.is_in(ids, value_set=wanted).to_numpy(zero_copy_only=False))
