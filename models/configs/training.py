"""Training configurations, read from YAML."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from law.reading import Faults, read_yaml
from models.errors import ConfigError
from models.learning.boosting import BoostingSettings
from models.rating.points import PointsScale
from models.rating.sectors import Sector

CONFIGS = Path(__file__).parent


class LabelNames(BaseModel):
    """Which label definition each model is fitted to: ``general``, and any sector by its name."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, str | None]

    general: str

    def present(self) -> dict[str, str]:
        """Model name to label name, for the models that are asked for."""
        return {model: label for model, label in self.model_dump().items() if label is not None}


class CalibrationSettings(BaseModel):
    """How log-odds become probabilities; see configs/default.yaml for each value's reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    isotonic_from_positives: int = Field(ge=1)
    windows: int = Field(ge=1)
    level_half_life_days: int | None = Field(default=None, ge=1)
    drawn_kinds: tuple[str, ...] = ()
    drawn_minimum_positives: int = Field(ge=1)


class TrainingConfig(BaseModel):
    """One way to train; see configs/default.yaml for each value's reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    horizon_months: int = Field(ge=1)
    as_of_spacing_months: int = Field(ge=1)
    training_windows: int = Field(ge=1)
    minimum_rows: int = Field(ge=1)
    minimum_positives: int = Field(ge=1)
    labels: LabelNames
    sectors: dict[str, Sector]
    folds: int = Field(ge=2)
    jobs: int = Field(ge=1)
    seed: int
    general: BoostingSettings
    sector_minimum_positives: int = Field(ge=1)
    sector: BoostingSettings
    challenger: BoostingSettings
    calibration: CalibrationSettings
    points: PointsScale
    target_shares_parameter: str
    bootstrap_replicates: int = Field(ge=10)

    @model_validator(mode="after")
    def _labels_name_sectors(self) -> "TrainingConfig":
        unknown = set(self.labels.present()) - {"general", *self.sectors}
        if unknown:
            raise ValueError(f"labels without an entry in sectors: {', '.join(sorted(unknown))}")
        return self

    def positives_needed(self, sector: str) -> int:
        """Positives from which a sector has a sub-model of its own."""
        return self.sectors[sector].minimum_positives or self.sector_minimum_positives


def load_config(name: str = "default", *, folder: Path = CONFIGS) -> TrainingConfig:
    """Read ``<folder>/<name>.yaml``.

    A file may say ``extends: <other name>`` and give only the top-level values that differ;
    ``labels`` and ``sectors`` are joined with the other's, and null takes one of them out.

    Raises
    ------
    ConfigError
        There is no such file, or values are missing, unknown or impossible (all are listed).
    """
    content = dict(read_table(folder / f"{name}.yaml"))
    if base := content.pop("extends", None):
        content = _join(read_table(folder / f"{base}.yaml"), content)
    try:
        return TrainingConfig.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors()
        )
        raise ConfigError(
            f"训练配置 {name}.yaml 有误：{faults}",
            f"training configuration {name}.yaml is wrong: {faults}",
        ) from None


def _join(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    content = {**base, **own}
    for name in ("labels", "sectors"):
        both = {**base.get(name, {}), **own.get(name, {})}
        content[name] = {key: value for key, value in both.items() if value is not None}
    return content


def read_table(path: Path) -> Mapping[str, Any]:
    """A YAML file that holds a table of keys."""
    if not path.is_file():
        found = ", ".join(sorted(one.stem for one in path.parent.glob("*.yaml"))) or "-"
        raise ConfigError(
            f"没有名为 {path.stem} 的配置；现有：{found}",
            f"there is no configuration named {path.stem}; there are: {found}",
        )
    faults = Faults()
    content = read_yaml(path, faults)
    if faults.messages or content is None:
        raise ConfigError(
            f"配置 {path.name} 有误：{'；'.join(zh for zh, _ in faults.messages)}",
            f"configuration {path.name} is wrong: {'; '.join(en for _, en in faults.messages)}",
        )
    return content
