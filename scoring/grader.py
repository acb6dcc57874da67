"""Grades of some enterprises as of a day: the step that the batch and a single request share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features import evidence
from features.archive import Archive
from features.build import check_as_of, follow_context, settle_context
from features.engine import AnyEngine
from features.indicators import catalogue
from features.indicators.context import Context
from features.indicators.kept_context import keep_context
from features.indicators.range_sums import with_range_sums
from features.profile import build_matrix_and_profile
from models.learning.columns import with_numbers
from models.rating.cutoffs import GRADES, CutOffs
from models.rating.distribution import count_bins
from models.rating.engine_rating import rate_on
from models.rating.scoring_model import Ratings, ScoringModel
from models.rating.sectors import joined_names
from scoring.errors import NoCutOffsError, NotASuccessorError
from scoring.grading import GradeDecisions, GradeInputs, Rules, decide_grades
from scoring.reasons import explain, spread
from scoring.statutory import Statements, StatutoryRules, assess

MOST_REASONS = 5
# Whom an officer asks why: the rest is told when asked for alone.
EXPLAINED = frozenset("CD")
_PROFILE_COLUMNS = (
    "enterprise_id",
    "name",
    "area_code",
    "industry_code",
    "entity_type",
    "status",
    "address",
    "is_food",
    "is_special_equipment",
    # What the rules of grading ask, so that a change of rules is tried without scoring again.
    "months_since_established",
    "has_history",
    "on_serious_violation_list",
    "registered_capital_cny",
)


@dataclass(frozen=True)
class Graded:
    """Grades of some enterprises, and how their indicators and probabilities are distributed.

    `grades`: one row per enterprise. `distribution`: see :mod:`models.rating.distribution`.
    """

    grades: pa.Table
    distribution: pa.Table


@dataclass(frozen=True)
class Grader:
    """One archive, one model, one day, one region's rules: everything a grade depends on.

    Attributes
    ----------
    names
        Indicators computed: those that can change a score, and those asked for besides.
    explained
        Grades whose reasons are told where a whole range is graded.
    """

    engine: AnyEngine
    archive: Archive
    model: ScoringModel
    cut_offs: CutOffs
    as_of: date
    rules: Rules
    context: Context
    names: tuple[str, ...]
    statutory: StatutoryRules
    statements: Statements
    inputs: GradeInputs
    explained: frozenset[str]

    @classmethod
    def prepare(
        cls,
        engine: AnyEngine,
        archive: Archive,
        model: ScoringModel,
        *,
        as_of: date,
        region: str,
        law_on: date | None = None,
        folder: Path | None = None,
        inputs: GradeInputs | None = None,
        statements: Statements | None = None,
        also: Sequence[str] = (),
        explained: Iterable[str] = EXPLAINED,
    ) -> Self:
        """Read the rules of the day and what the whole archive says of peers and relations.

        Parameters
        ----------
        law_on
            The day whose law applies: `as_of`, unless old records are studied under the law of a
            later day.
        folder
            Takes what the whole archive says, and gives it back where it was kept before for the
            same archive and day; needed as long as the grader is. In memory where None.
        inputs
            What else grades depend on.
        statements
            A province's results and facts of static score sheets, shown and used beside the
            archive.
        also
            Indicators to compute besides those that model and statutory rules use.
        explained
            Grades whose reasons are told where a whole range is graded.

        Raises
        ------
        NoCutOffsError
            The model was saved without cut-offs.
        features.errors.AsOfError
            The archive does not reach `as_of`.
        features.indicators.errors.UnknownIndicatorError
            The model was trained on an indicator that the catalogue does not have.
        """
        check_as_of(archive, as_of)
        judged = _judged(
            model,
            law_on or as_of,
            region=region,
            inputs=inputs or GradeInputs(),
            statements=statements or Statements.none(),
        )
        statutory: StatutoryRules = judged["statutory"]
        names = tuple(dict.fromkeys([*model.used_names, *statutory.indicators, *also]))
        return cls(
            engine=engine,
            archive=archive,
            model=model,
            as_of=as_of,
            context=settle_context(engine, archive, as_of=as_of, names=names, folder=folder),
            names=names,
            explained=frozenset(explained),
            **judged,
        )

    def judging(
        self,
        *,
        region: str,
        inputs: GradeInputs,
        statements: Statements,
        law_on: date | None = None,
    ) -> Self:
        """The same grader with other inputs; what the archive says is kept.

        See :meth:`prepare`.

        Raises
        ------
        NoCutOffsError
        """
        day = law_on or self.as_of
        judged = _judged(self.model, day, region=region, inputs=inputs, statements=statements)
        return replace(self, **judged)

    def for_all_ranges(self, folder: Path) -> Self:
        """The same grader, each range's part of what the archive says laid ready in `folder`."""
        return replace(self, context=with_range_sums(self.context, folder))

    def follow(self, archive: Archive, *, folder: Path | None = None) -> Self:
        """The grader of an archive that went on from this one's: what changed is put right.

        Raises
        ------
        NotASuccessorError
            `archive` was not built on this grader's archive, so anybody may have changed.
        """
        if archive.based_on != self.archive.build_id or archive.changed_file is None:
            raise NotASuccessorError(archive.build_id, self.archive.build_id)
        changed = pq.read_table(archive.changed_file)["enterprise_id"].to_pylist()
        context = follow_context(
            self.engine,
            self.context,
            before=self.archive,
            after=archive,
            as_of=self.as_of,
            enterprise_ids=changed,
            folder=folder,
        )
        if folder is not None:
            context = keep_context(context, folder)
        return replace(self, archive=archive, context=context)

    def grade(
        self,
        *,
        range_no: int | None = None,
        enterprise_ids: Sequence[str] | None = None,
    ) -> pa.Table:
        """One row per enterprise of a range of the archive, or of those named; all by default.

        The rows of an enterprise asked for alone equal its rows in the batch, and always have
        their reasons.
        """
        return self.grade_and_count(range_no=range_no, enterprise_ids=enterprise_ids).grades

    def grade_and_count(
        self, *, range_no: int | None = None, enterprise_ids: Sequence[str] | None = None
    ) -> Graded:
        """The rows of :meth:`grade`, and how indicators and probabilities are distributed."""
        explained = self.explained if enterprise_ids is None else frozenset(GRADES)
        who = _Who(range_no, enterprise_ids)
        matrix, profile = build_matrix_and_profile(
            self.engine,
            self.archive,
            as_of=self.as_of,
            with_places=True,
            context=self.context,
            names=self.names,
            **who.as_arguments(),
        )
        matrix = with_numbers(matrix, self.names)
        ratings = rate_on(self.engine, self.model, matrix, profile)
        decided = decide_grades(
            ratings.probability,
            profile,
            cut_offs=self.cut_offs,
            rules=self.rules,
            inputs=self.inputs,
        )
        told = np.flatnonzero(np.isin(decided.grade, sorted(explained)))
        _, contributions = self.model.explain(matrix, ratings, rows=told)
        reasons = self._reasons(matrix, contributions, told, who)
        graded = _grade_table(
            profile, ratings, decided, spread(reasons, told, rows_in_all=matrix.num_rows)
        )
        beside = assess(
            self.engine,
            self.archive,
            profile,
            matrix,
            grade=decided.grade,
            as_of=self.as_of,
            rules=self.statutory,
            statements=self.statements,
            **who.as_arguments(),
        )
        belongs = self.model.belongs(matrix, profile)
        grades = pa.table(
            [
                *graded.columns,
                joined_names(belongs, rows=graded.num_rows),
                *beside.columns,
            ],
            names=[*graded.column_names, "sectors", *beside.column_names],
        )
        return Graded(grades, count_bins(self.model, matrix, ratings.probability, belongs=belongs))

    def _reasons(
        self,
        matrix: pa.Table,
        contributions: NDArray[np.float64],
        rows: NDArray[np.int64],
        who: "_Who",
    ) -> pa.Array:
        """The reasons of some rows of the matrix; `contributions` are row by row with `rows`."""
        names = self.model.used_names
        describe = partial(evidence.describe, self.engine, self.archive, **who.as_arguments())
        return explain(
            matrix,
            contributions[:, [self.model.names.index(name) for name in names]],
            rows=rows,
            names=names,
            labels={item.name: (item.zh, item.en, item.unit) for item in catalogue()},
            scale=self.model.points_scale,
            describe=describe,
            most=MOST_REASONS,
        )


@dataclass(frozen=True)
class _Who:
    """Which enterprises: a range, some by name, or all."""

    range_no: int | None
    enterprise_ids: Sequence[str] | None

    def as_arguments(self) -> dict[str, Any]:
        return {"range_no": self.range_no, "enterprise_ids": self.enterprise_ids}


def _judged(
    model: ScoringModel,
    law_on: date,
    *,
    region: str,
    inputs: GradeInputs,
    statements: Statements,
) -> dict[str, Any]:
    """The fields of a grader that turn probabilities into grades."""
    cut_offs = inputs.policy.cut_offs or model.cut_offs
    if cut_offs is None:
        raise NoCutOffsError(model.version)
    rules = Rules.of(law_on, region=region, overlay=inputs.law_overlay)
    return {
        "cut_offs": cut_offs,
        "rules": rules.changed(inputs.policy.changes),
        "statutory": StatutoryRules.of(law_on, region=region),
        "inputs": inputs,
        "statements": statements,
    }


def _grade_table(
    profile: pa.Table, scores: Ratings, decided: GradeDecisions, reasons: pa.Array
) -> pa.Table:
    columns = {name: profile[name] for name in _PROFILE_COLUMNS}
    columns |= decided.columns()
    columns |= {
        "general_probability": pa.array(scores.general_probability),
        "sector_model": pa.array(scores.sector),
        "probability": pa.array(scores.probability),
        "points": pa.array(scores.points),
        "reasons": reasons,
    }
    return pa.table(columns)
