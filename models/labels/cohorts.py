"""Labelled cohorts from the archive: one pass per as-of day, range by range."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from features.archive import Archive
from features.build import build_context
from features.engine import Engine
from features.indicators import catalogue
from features.outcomes import Label, inspection_outcomes
from features.profile import build_matrix_and_profile
from models.configs.training import TrainingConfig
from models.errors import CohortError
from models.labels.label_files import load_label
from models.labels.splits import Cohort, first_inspections, make_cohort
from models.labels.windows import Window
from models.progress import Tell, silent
from models.rating.scoring_model import GENERAL
from models.rating.sectors import Sector, memberships

# What the profile calls the groups that figures are compared between.
_GROUPS = {"area": "area_code"}

Visit = Callable[[pa.Table, pa.Table], None]
"""Is shown the matrix and the profile of a range of enterprises."""


def open_reader(
    engine: Engine,
    archive: Archive,
    *,
    config: TrainingConfig,
    latest_known: date,
    tell: Tell,
) -> "CohortReader":
    """A reader of the catalogue's indicators and of the labels that a configuration names."""
    return CohortReader(
        engine,
        archive,
        labels={model: load_label(name) for model, name in config.labels.present().items()},
        sectors=config.sectors,
        names=[row.name for row in catalogue()],
        latest_known=latest_known,
        tell=tell,
    )


class CohortReader:
    """Reads cohorts of any window; matrices are built once per as-of day and kept.

    What is kept are the rows of enterprises inspected in the window, not the population.
    """

    def __init__(
        self,
        engine: Engine,
        archive: Archive,
        *,
        labels: Mapping[str, Label],
        sectors: Mapping[str, Sector],
        names: Sequence[str],
        latest_known: date,
        tell: Tell = silent,
    ) -> None:
        self._engine = engine
        self._archive = archive
        self._labels = labels
        self._sectors = {name: sectors[name] for name in labels if name != GENERAL}
        self._names = tuple(names)
        self._known_by = latest_known
        self._tell = tell
        self._inspected: dict[date, tuple[pa.Table, pa.Table]] = {}

    @property
    def days_read(self) -> frozenset[date]:
        """The as-of days whose indicators are kept."""
        return frozenset(self._inspected)

    def read(self, window: Window, *, visit: Visit | None = None) -> dict[str, Cohort]:
        """The cohort of each model, rows sorted by enterprise; a cohort may be empty.

        Parameters
        ----------
        visit
            Shown the whole population, range by range, while it is read: the day's indicators are
            computed once for both purposes. For a day that was not read before.
        """
        matrix, facts = self._inspected_rows(window, visit)
        return {
            model: self._labelled(model, label, window, matrix=matrix, facts=facts)
            for model, label in self._labels.items()
        }

    def population(self, as_of: date) -> Iterator[tuple[pa.Table, pa.Table]]:
        """The matrix and the profile of everybody as of a day; see :func:`population`."""
        return population(self._engine, self._archive, as_of=as_of)

    def _labelled(
        self, model: str, label: Label, window: Window, *, matrix: pa.Table, facts: pa.Table
    ) -> Cohort:
        outcomes = self._outcomes(label, window)
        if model != GENERAL:
            members = facts[model]
            matrix, facts = matrix.filter(members), facts.filter(members)
        return make_cohort(
            matrix,
            outcomes,
            window=window,
            names=self._names,
            groups=facts.select(list(_GROUPS)),
        )

    def _outcomes(self, label: Label, window: Window) -> pa.Table:
        table: pa.Table = inspection_outcomes(
            self._engine,
            self._archive,
            after=window.as_of,
            until=window.until,
            known_by=window.known_by,
            label=label,
        )
        return table

    def _inspected_rows(self, window: Window, visit: Visit | None) -> tuple[pa.Table, pa.Table]:
        """Matrix, sectors and groups of everybody inspected in the window by all known today.

        A window is read more than once, each time with what was known by another day; rows that
        a later knowledge adds must be there already, so the widest knowledge chooses them.
        """
        if window.as_of not in self._inspected:
            self._tell(f"计算指标 indicators as of {window.as_of}")
            widest = replace(window, known_by=self._known_by)
            ids = pa.chunked_array(
                [
                    first_inspections(self._outcomes(label, widest))[
                        "enterprise_id"
                    ].combine_chunks()
                    for label in self._labels.values()
                ]
            )
            self._inspected[window.as_of] = self._read_rows(window.as_of, pc.unique(ids), visit)
        return self._inspected[window.as_of]

    def _read_rows(
        self, as_of: date, ids: pa.Array, visit: Visit | None
    ) -> tuple[pa.Table, pa.Table]:
        matrices, facts = [], []
        for matrix, profile in self.population(as_of):
            if visit is not None:
                visit(matrix, profile)
            kept = pc.is_in(matrix["enterprise_id"], value_set=ids)
            matrices.append(matrix.select(["enterprise_id", *self._names]).filter(kept))
            belongs = memberships(self._sectors, matrix, profile)
            groups = {name: profile[column] for name, column in _GROUPS.items()}
            facts.append(pa.table({**belongs, **groups}).filter(kept))
        return pa.concat_tables(matrices), pa.concat_tables(facts)


def population(
    engine: Engine, archive: Archive, *, as_of: date
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Yield (matrix, profile) of each range of enterprises, same rows, same order."""
    context = build_context(engine, archive, as_of=as_of)
    for number in range(archive.range_count):
        yield build_matrix_and_profile(
            engine, archive, as_of=as_of, range_no=number, context=context
        )


def keep_usable(
    read: Sequence[Mapping[str, Cohort]], *, config: TrainingConfig
) -> dict[str, list[Cohort]]:
    """Per model its cohorts in time, without those too small to say anything.

    The minimum rows and positives of the configuration hold for the general model; a sector's
    cohort is used whenever it has rows, since its labels are judged together.
    """
    kept: dict[str, list[Cohort]] = {}
    for cohorts in read:
        general = cohorts[GENERAL]
        if len(general) < config.minimum_rows or general.positives < config.minimum_positives:
            continue
        for model, cohort in cohorts.items():
            if len(cohort):
                kept.setdefault(model, []).append(cohort)
    return kept


def require_testable(cohort: Cohort) -> None:
    """Refuse a test cohort of one class: no figure could be given.

    Raises
    ------
    CohortError
        Tells its rows and its positives.
    """
    if cohort.positives in (0, len(cohort)):
        window = cohort.window
        raise CohortError(
            f"检验窗口 {window.as_of} 至 {window.until} 有 {len(cohort)} 户受检、"
            f"{cohort.positives} 户有严重问题，无法检验模型。请补充检查记录或调整截止日。",
            f"in the test window {window.as_of} to {window.until} {len(cohort)} enterprises were "
            f"inspected and {cohort.positives} had a serious problem: a model cannot be tested on "
            "that. Import more inspections or move the last known day.",
        )
