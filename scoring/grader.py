"""Grades of some enterprises as of a day: the step that the batch and a single request share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from features import evidence
from features.archive import Archive
from features.build import build_context, build_matrix, follow_context
from features.engine import Engine
from features.indicators import catalogue
from features.indicators.context import Context
from features.profile import build_profile
from models.cutoffs import CutOffs
from models.scoring_model import Scores, ScoringModel
from models.sectors import joined_names
from scoring.errors import NoCutOffsError, NotASuccessorError
from scoring.grades import GradeDecisions, Rules, decide_grades
from scoring.reasons import evidence_ids, explain, largest_contributions
from scoring.statutory import Statements, StatutoryRules, assess

MOST_REASONS = 5
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
)


@dataclass(frozen=True)
class Grader:
    """One archive, one model, one day, one region's rules: everything a grade depends on."""

    engine: Engine
    archive: Archive
    model: ScoringModel
    cut_offs: CutOffs
    as_of: date
    rules: Rules
    context: Context
    statutory: StatutoryRules
    statements: Statements

    @classmethod
    def prepare(
        cls,
        engine: Engine,
        archive: Archive,
        model: ScoringModel,
        *,
        as_of: date,
        region: str,
        law_on: date | None = None,
        folder: Path | None = None,
        statements: Statements | None = None,
    ) -> Self:
        """Read the rules of the day and what the whole archive says of peers and relations.

        `law_on` is the day whose law applies: `as_of`, unless old records are studied under the
        law of a later day. `folder` takes what would not fit into memory for millions of
        enterprises; it is needed as long as the grader is. `statements`: a province's results and
        facts of static score sheets, shown and used beside the archive.

        Raises
        ------
        NoCutOffsError
            The model was saved without cut-offs.
        """
        if model.cut_offs is None:
            raise NoCutOffsError(model.version)
        return cls(
            engine,
            archive,
            model,
            model.cut_offs,
            as_of,
            Rules.of(law_on or as_of, region=region),
            build_context(engine, archive, as_of=as_of, folder=folder),
            StatutoryRules.of(law_on or as_of, region=region),
            statements or Statements.none(),
        )

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
        return replace(self, archive=archive, context=context)

    def grade(
        self, *, range_no: int | None = None, enterprise_ids: Sequence[str] | None = None
    ) -> pa.Table:
        """One row per enterprise of a range of the archive, or of those named; all by default.

        The rows of an enterprise asked for alone equal its rows in the batch.
        """
        matrix = build_matrix(
            self.engine,
            self.archive,
            as_of=self.as_of,
            range_no=range_no,
            enterprise_ids=enterprise_ids,
            with_evidence=True,
            context=self.context,
        )
        profile = build_profile(
            self.engine,
            self.archive,
            as_of=self.as_of,
            range_no=range_no,
            enterprise_ids=enterprise_ids,
        )
        scores = self.model.score(matrix, profile)
        decided = decide_grades(
            scores.probability, profile, cut_offs=self.cut_offs, rules=self.rules
        )
        graded = _grade_table(
            profile,
            scores,
            decided,
            self._reasons(matrix, scores, range_no=range_no, enterprise_ids=enterprise_ids),
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
            range_no=range_no,
            enterprise_ids=enterprise_ids,
        )
        belongs = joined_names(self.model.belongs(matrix, profile), rows=graded.num_rows)
        return pa.table(
            [*graded.columns, belongs, *beside.columns],
            names=[*graded.column_names, "sectors", *beside.column_names],
        )

    def _reasons(
        self,
        matrix: pa.Table,
        scores: Scores,
        *,
        range_no: int | None,
        enterprise_ids: Sequence[str] | None,
    ) -> pa.Array:
        top = largest_contributions(scores.contributions, most=MOST_REASONS)
        wanted = evidence_ids(matrix, *top, names=scores.names).drop_null().unique()
        return explain(
            matrix,
            scores.contributions,
            names=scores.names,
            labels={item.name: (item.zh, item.en, item.unit) for item in catalogue()},
            scale=self.model.points_scale,
            records=evidence.lookup(
                self.engine,
                self.archive,
                wanted.to_pylist(),
                range_no=range_no,
                enterprise_ids=enterprise_ids,
            ),
            most=MOST_REASONS,
        )


def _grade_table(
    profile: pa.Table, scores: Scores, decided: GradeDecisions, reasons: pa.Array
) -> pa.Table:
    columns = {name: profile[name] for name in _PROFILE_COLUMNS}
    columns |= {
        "grade": pa.array(decided.grade),
        "model_grade": pa.array(decided.model_grade),
        "basis": pa.array(decided.basis),
        "basis_ground": pa.array(decided.ground),
        "general_probability": pa.array(scores.general_probability),
        "sector_model": pa.array(scores.sector),
        "probability": pa.array(scores.probability),
        "points": pa.array(scores.points),
        "reasons": reasons,
    }
    return pa.table(columns)
