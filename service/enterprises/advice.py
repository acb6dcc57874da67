"""What would lower one enterprise's risk, worked out when somebody asks.

Grades in it are cut where the office's published rules cut them, as in the next run.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from threading import Lock

from sqlalchemy.orm import Session

from features.archive import open_archive
from features.build import build_context
from features.engine import Engine
from features.indicators import catalogue, changes
from features.indicators.context import Context as WholeArchive
from features.profile import build_matrix_and_profile
from models.labels.windows import add_months
from models.rating.counterfactual import Advice, Outcome, advise
from service.context import Context
from service.enterprises.errors import OtherModelError
from service.enterprises.operations import find_grade
from service.enterprises.repository import Row
from service.grading_rules.store import policy_in_force
from service.pipeline.operations import champion

_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True)
class Told:
    """Advice for one enterprise, with its grade in the published run, the run, and the cut-offs.

    `cut_offs_version` is None where the model's own are used; `other_model` is the model that they
    were chosen on, where it is not the one in use.
    """

    advice: Advice
    grade: Row
    run: Row
    cut_offs_version: str | None = None
    other_model: str | None = None

    def latest_on(self, outcome: Outcome) -> date | None:
        """The day by which old records have left their windows; None where acts are enough."""
        return add_months(self.run["as_of"], outcome.months) if outcome.months else None


def find_advice(context: Context, session: Session, enterprise_id: str) -> Told:
    """Work out the advice for an enterprise of the published run.

    Raises
    ------
    NothingPublishedError, NotGradedError, UnknownEnterpriseError
        As :func:`service.enterprises.operations.find_grade`.
    OtherModelError
        The model or the archive is no longer the one that the run was made with.
    features.errors.ArchiveMissingError, models.errors.ModelsError
        There is no archive, or the model in use is refused.
    scoring.errors.ScoringError
        The published rules cannot be read.
    """
    grade, run = find_grade(session, enterprise_id)
    settings, as_of = context.settings, run["as_of"]
    model, archive = champion(settings), open_archive(settings.archive_dir)
    policy = policy_in_force(settings)
    cut_offs = policy.cut_offs or model.cut_offs
    if cut_offs is None or model.version != run["model_version"]:
        raise OtherModelError(run["run_id"])
    with _ONE_AT_A_TIME:
        sums = _whole_archive(
            settings.archive_dir, archive.build_id, as_of, settings.memory_limit, settings.threads
        )
    who = [enterprise_id]
    with Engine(memory_limit=settings.memory_limit, threads=settings.threads) as engine:
        matrix, profile = build_matrix_and_profile(
            engine, archive, as_of=as_of, enterprise_ids=who, context=sums
        )
    if matrix.num_rows == 0:
        raise OtherModelError(run["run_id"])
    (advice,) = advise(model, matrix, profile, changes=changes(catalogue()), cut_offs=cut_offs)
    return Told(advice, grade, run, policy.cut_offs_version, policy.chosen_on_other(model.version))


@lru_cache(maxsize=1)
def _whole_archive(
    archive_dir: Path, build_id: str, as_of: date, memory_limit: str, threads: int
) -> WholeArchive:
    """What the whole archive says of others: the slow part, kept until there is another build."""
    with Engine(memory_limit=memory_limit, threads=threads) as engine:
        return build_context(engine, open_archive(archive_dir), as_of=as_of)
