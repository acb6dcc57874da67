"""Indicators as columns of numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.errors import ColumnError


class CatalogueRow(Protocol):
    """What a model needs of a row of the indicator catalogue."""

    @property
    def name(self) -> str: ...
    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...
    @property
    def sector(self) -> str | None: ...
    @property
    def dimension(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def sign(self) -> int: ...


@dataclass(frozen=True)
class ModelIndicator:
    """An indicator as a model remembers it.

    Attributes
    ----------
    sector
        ``None`` for the general model, else the sector that the catalogue gives it to.
    sign
        +1: more of it never lowers the risk; -1: never raises it; 0: free.
    """

    name: str
    zh: str
    en: str
    sector: str | None
    unit: str
    sign: int
    dimension: str = ""

    @classmethod
    def of(cls, row: CatalogueRow) -> Self:
        """Copy what a model needs from a row of the catalogue."""
        return cls(row.name, row.zh, row.en, row.sector, row.unit, row.sign, row.dimension)

    def as_dict(self) -> dict[str, Any]:
        """For indicators.json."""
        return asdict(self)


def remember(rows: Iterable[CatalogueRow]) -> tuple[ModelIndicator, ...]:
    """The catalogue in the form that a model keeps, same order."""
    return tuple(ModelIndicator.of(row) for row in rows)


class Choice(Protocol):
    """What a sector's sub-model looks at."""

    def takes(self, row: ModelIndicator) -> bool: ...


def sector_columns(
    indicators: Sequence[ModelIndicator], choice: Choice | None
) -> tuple[ModelIndicator, ...]:
    """What a model sees: the general indicators, or what a sector chose."""
    if choice is None:
        return tuple(row for row in indicators if row.sector is None)
    return tuple(row for row in indicators if choice.takes(row))


def matrix_values(matrix: pa.Table, names: Sequence[str]) -> NDArray[np.float64]:
    """The named columns as float64 of shape (rows, names); null becomes NaN.

    Booleans count as 0 and 1. Text is refused even where it looks like a number or like ``True``:
    what it means would be a guess.

    Raises
    ------
    ColumnError
        See :func:`require_columns`.
    """
    require_columns(matrix, names)
    values = np.empty((matrix.num_rows, len(names)), dtype=np.float64)
    for position, name in enumerate(names):
        values[:, position] = column_values(matrix, name)
    return values


def with_numbers(matrix: pa.Table, names: Sequence[str]) -> pa.Table:
    """The same table, NaN for null in the named columns: :func:`column_values` then copies none."""
    for name in names:
        place = matrix.schema.get_field_index(name)
        matrix = matrix.set_column(place, name, pa.array(column_values(matrix, name)))
    return matrix


def column_values(matrix: pa.Table, name: str) -> NDArray[np.float64]:
    """One column as float64, not to be written to; null becomes NaN."""
    values = matrix[name].cast(pa.float64())
    if values.null_count:
        values = pc.fill_null(values, float("nan"))
    found: NDArray[np.float64] = values.to_numpy()
    return found


def require_columns(matrix: pa.Table, names: Sequence[str]) -> None:
    """Refuse a matrix without all the named columns, or where one is no number or infinite.

    Raises
    ------
    ColumnError
        Lists every absent column, every column that is not a number, and every column with an
        infinite value: no indicator has one by its definition, so it would be a fault upstream.
    """
    present = set(matrix.column_names)
    absent = [name for name in names if name not in present]
    if absent:
        listed = ", ".join(absent)
        raise ColumnError(
            f"指标表缺少 {len(absent)} 列：{listed}。请用训练该模型时的指标目录重新计算指标。",
            f"the matrix lacks {len(absent)} columns: {listed}. Build it again with the indicator "
            "catalogue that the model was trained on.",
        )
    _require_numbers(matrix, names)
    _refuse_infinite(matrix, names)


def _refuse_infinite(matrix: pa.Table, names: Sequence[str]) -> None:
    found = [
        name
        for name in names
        if pa.types.is_floating(matrix.schema.field(name).type)
        and pc.any(pc.is_inf(matrix[name])).as_py()
    ]
    if found:
        listed = ", ".join(found)
        raise ColumnError(
            f"这些指标含有无穷大：{listed}。指标按定义不会为无穷大，请检查数据来源后重新计算。",
            f"these indicators hold infinite values: {listed}. By its definition none can: check "
            "where the data come from and build the matrix again.",
        )


def _require_numbers(matrix: pa.Table, names: Sequence[str]) -> None:
    kinds = {name: matrix.schema.field(name).type for name in names}
    wrong = {
        name: kind
        for name, kind in kinds.items()
        if not (
            pa.types.is_floating(kind)
            or pa.types.is_integer(kind)
            or pa.types.is_boolean(kind)
            or pa.types.is_null(kind)
        )
    }
    if wrong:
        listed = ", ".join(f"{name} ({kind})" for name, kind in wrong.items())
        raise ColumnError(
            f"这些指标不是数值列：{listed}。请在映射文件中声明真假值或数值，不要传入文字。",
            f"these indicators are not numbers: {listed}. Declare true and false values, or "
            "numbers, in the mapping file instead of passing text.",
        )
