"""Two models compared on the installation's archive."""

from collections.abc import Callable
from datetime import date

from features.archive import open_archive
from features.indicators import definitions_hash
from models.comparison.comparison import Comparison, compare
from models.comparison.standing import Side
from models.registry import artefact
from scoring.errors import NoCutOffsError
from service.model_registry.operations import find_model, read_model
from service.pipeline.engines import open_engine
from service.settings import Settings


def compare_models(
    settings: Settings,
    first: str,
    second: str,
    *,
    as_of: date | None = None,
    then: date | None = None,
    progress: Callable[[int, int], None],
) -> Comparison:
    """Compare two models on one day, or on two days: `then` is the second one's.

    Without a day, the later of the last days that they learned up to: the first honest one.

    Raises
    ------
    UnknownModelError
        No single model answers to a name.
    models.errors.ModelsError
        A model is refused, and why.
    features.errors.AsOfError
        The archive does not reach a day.
    """
    reads = [read_model(find_model(settings, wanted), settings) for wanted in (first, second)]
    models = [artefact.assemble(read, definitions_hash=definitions_hash()) for read in reads]
    for model in models:
        if model.cut_offs is None:
            raise NoCutOffsError(model.version)
    learned = max(date.fromisoformat(read.manifest["snapshot"]["last_known"]) for read in reads)
    day = as_of or learned
    sides = [
        Side(read, model, at)
        for read, model, at in zip(reads, models, (day, then or day), strict=True)
    ]
    with open_engine(settings) as engine:
        return compare(
            engine,
            open_archive(settings.archive_dir),
            first=sides[0],
            second=sides[1],
            progress=progress,
        )
