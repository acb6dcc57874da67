"""Label definitions: what counts as a bad result, read from YAML."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from features.outcomes import Label
from models.configs.training import read_table
from models.errors import ConfigError

_FOLDER = Path(__file__).parent


def load_label(name: str, *, folder: Path = _FOLDER) -> Label:
    """Read the definition of a bad result from ``<folder>/<name>.yaml``.

    Raises
    ------
    ConfigError
        There is no such file, or its keys are not those of a label.
    """
    content = read_table(folder / f"{name}.yaml")
    allowed = {field.name for field in fields(Label)}
    unknown, absent = sorted(set(content) - allowed), sorted(allowed - set(content))
    if unknown or absent:
        raise ConfigError(
            f"标签定义 {name}.yaml：未知的键 {unknown}，缺少的键 {absent}",
            f"label {name}.yaml: unknown keys {unknown}, absent keys {absent}",
        )
    given: dict[str, Any] = {
        key: tuple(str(one) for one in value) if isinstance(value, list) else value
        for key, value in content.items()
    }
    return Label(**given)
