"""Training configurations, read from YAML."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.boosting import BoostingSettings
from models.errors import ConfigError
from models.points import PointsScale

CONFIGS = Path(__file__).parent / "configs"


class LabelNames(BaseModel):
    """Which label definition each model is fitted to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    general: str
    food: str | None = None
    special_equipment: str | None = None

    def present(self) -> dict[str, str]:
        """Model name to label name, for the models that are asked for."""
        return {model: label for model, label in self.model_dump().items() if label is not None}


class CalibrationSettings(BaseModel):
    """How log-odds become probabilities; see configs/default.yaml for each value's reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    isotonic_from_positives: int = Field(ge=1)
    windows: int = Field(ge=1)
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


def load_config(name: str = "default", *, folder: Path = CONFIGS) -> TrainingConfig:
    """Read ``<folder>/<name>.yaml``.

    A file may say ``extends: <other name>`` and give only the top-level values that differ.

    Raises
    ------
    ConfigError
        There is no such file, or values are missing, unknown or impossible (all are listed).
    """
    content = dict(read_table(folder / f"{name}.yaml"))
    if base := content.pop("extends", None):
        content = {**read_table(folder / f"{base}.yaml"), **content}
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


def read_table(path: Path) -> Mapping[str, Any]:
    """A YAML file that holds a table of keys."""
    if not path.is_file():
        found = ", ".join(sorted(one.stem for one in path.parent.glob("*.yaml"))) or "-"
        raise ConfigError(
            f"没有名为 {path.stem} 的配置；现有：{found}",
            f"there is no configuration named {path.stem}; there are: {found}",
        )
    content = yaml.safe_load(path.read_text("utf-8"))
    if not isinstance(content, dict):
        raise ConfigError(f"{path.name} 不是键值表", f"{path.name} is not a table of keys")
    return content
