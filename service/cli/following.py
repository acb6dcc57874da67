"""What follows a run that was put into use: its measures, and key supervision proposed."""

from typing import Annotated

import typer

from law.errors import XinhengError
from service.cli.screen import progress_bar, say
from service.clock import utc_now
from service.settings import get_settings

WithMeasures = Annotated[
    bool,
    typer.Option(
        "--measures/--no-measures", help="启用后计算监管措施 / work out its measures afterwards"
    ),
]


def follow_with_bar(run_id: str) -> None:
    """Work out the measures of the run in use; where that fails, say that the run stays in use.

    Raises
    ------
    XinhengError, OSError
        Why no measures were worked out.
    """
    from service.measures.computing import follow_run

    try:
        with progress_bar("监管措施 measures") as report:
            done = follow_run(get_settings(), run_id, at=utc_now(), progress=report)
    except (XinhengError, OSError, KeyboardInterrupt):
        say(
            f"批次 {run_id} 已启用，不受影响；监管措施未计算，可再运行"
            f" xinheng measures compute --run {run_id}"
            f"\nThe run {run_id} is in use all the same; its measures were not worked out. Again:"
            f" xinheng measures compute --run {run_id}"
        )
        raise
    told = done.computed.manifest
    planned = sum(row["planned"] for row in told["counts"])
    state = "已计算 worked out" if done.is_new else "无变化，沿用 unchanged"
    say(
        f"监管措施 measures {told['year']}：{state}；安排检查 {planned} 次 visits planned；"
        f"新提出重点监管对象 {done.proposed} 户 proposed for key supervision"
        "\n控制台 console：/measures"
    )
