"""Options that several commands share."""

from typing import Annotated

import typer

RunOption = Annotated[
    str | None,
    typer.Option("--run", help="分级批次；不填为在用的 / run, the one in use where unsaid"),
]
