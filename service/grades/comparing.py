"""Two runs compared, with the lines and bands of law that the region has."""

from functools import partial
from pathlib import Path
from typing import Any

import law
from law import NATIONWIDE
from models.errors import CohortError
from scoring.grading.comparison import COMPARED, TOLD, Comparison, compare
from scoring.grading.reports import (
    Report,
    changed_basis,
    comparison_report,
    describe_manifest,
)
from service.errors import RunUnusableError
from service.grades.folders import RunFolder, read_run

_MOVERS_KEPT = 20


def compare_runs(
    before: RunFolder, after: RunFolder, *, law_overlay: Path | None = None
) -> Comparison:
    """What changed from one run to another, with the alarm lines of the later run's region.

    Raises
    ------
    RunUnusableError
        A run was made before what is compared was stored.
    """
    limits, bands = (
        law.value(
            name,
            on=after.law_on,
            region=after.manifest.get("region", NATIONWIDE),
            overlay=law_overlay,
        )
        for name in ("grading.comparison_alarms", "grading.capital_bands_cny")
    )
    return compare(
        _table(before),
        _table(after),
        details=(partial(before.rows_of, columns=TOLD), partial(after.rows_of, columns=TOLD)),
        limits=limits,
        bands=bands,
    )


def compared_report(before: RunFolder, after: RunFolder, found: Comparison) -> Report:
    """A comparison as a report: what each run rests on, then what changed."""
    facts = [
        (f"{title}{name}", value)
        for title, run in (("前期", before), ("本期", after))
        for name, value in describe_manifest(run.manifest)
    ]
    return comparison_report(found, facts=facts)


def comparison_summary(
    run: RunFolder, earlier: str | None, *, law_overlay: Path | None
) -> dict[str, Any] | None:
    """What the console shows of the change since the run before; none where that is not there.

    A run is published whatever became of an older folder, so a damaged one is passed over here;
    `xinheng runs compare` says what is wrong with it.
    """
    if earlier is None:
        return None
    try:
        before = read_run(run.folder.parent / earlier)
        found = compare_runs(before, run, law_overlay=law_overlay)
    except (RunUnusableError, CohortError):  # damaged, of an earlier version, or nobody in it
        return None
    return found.to_dict(most_movers=_MOVERS_KEPT) | {
        "before_run": before.run_id,
        "before_as_of": before.as_of.isoformat(),
        "changed_basis": changed_basis(before.manifest, run.manifest),
    }


def _table(run: RunFolder) -> Any:
    table = run.grades(COMPARED)
    absent = [name for name in COMPARED if name not in table.column_names]
    if absent:
        raise RunUnusableError(
            f"批次 {run.run_id} 由较早版本产生，缺少 {'、'.join(absent)}，不能对比；"
            "请重新运行 xinheng score",
            f"the run {run.run_id} was made by an earlier version and lacks {', '.join(absent)}, "
            "so it cannot be compared; run xinheng score again",
        )
    return table
