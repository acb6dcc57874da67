"""The general card in the forms that others read."""

from dataclasses import dataclass
from typing import Final

from models.errors import ConfigError
from models.rating.scorecard_sql import to_sql
from models.registry import artefact
from models.registry.points_export import points_page, points_workbook
from service.model_registry.operations import find_model, read_model
from service.settings import Settings

FORMATS: Final = ("xlsx", "html", "json", "sql")


@dataclass(frozen=True)
class Exported:
    """The card of a version as the bytes of a file."""

    version: str
    content: bytes


def export_card(
    settings: Settings,
    wanted: str | None,
    *,
    form: str,
    dialect: str = "duckdb",
    table: str = "indicators",
) -> Exported:
    """The general card of a model, of the one in use if None; every file of it checked first.

    A model whose indicators are defined otherwise today can still be read, so it can be exported.

    Raises
    ------
    ConfigError
        An unknown format or dialect.
    UnknownModelError, models.errors.ModelsError
        No such model, or it is refused.
    """
    if form not in FORMATS:
        raise ConfigError(
            f"不支持的格式 {form}；可用：{'、'.join(FORMATS)}",
            f"there is no format {form}; there are: {', '.join(FORMATS)}",
        )
    read = read_model(find_model(settings, wanted), settings)
    if form == "json":
        return Exported(read.version, read.files["scorecard.json"])
    if form == "xlsx":
        return Exported(read.version, points_workbook(read))
    if form == "html":
        return Exported(read.version, points_page(read).encode())
    model = artefact.assemble(read, definitions_hash=read.manifest["definitions_hash"])
    return Exported(read.version, to_sql(model, dialect=dialect, table=table).encode())
