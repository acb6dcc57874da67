"""Sectors as configuration: who belongs to one, and what its sub-model looks at."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.errors import ColumnError
from models.learning.columns import ModelIndicator

# The profile says of each kind of licence (law/codes/licence_kinds) whether a valid one is held.
_HOLDS = "holds_{kind}"


class Members(BaseModel):
    """Who belongs to a sector: whoever meets any of these.

    Attributes
    ----------
    flags
        True-or-false columns of the profile.
    licence_kinds
        Kinds of law/codes/licence_kinds of which a valid licence is held.
    industries
        GB/T 4754 codes; a code stands for all codes that begin with it.
    indicators
        Indicators of the catalogue that are above zero.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    flags: tuple[str, ...] = ()
    licence_kinds: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _not_empty(self) -> "Members":
        if not (self.flags or self.licence_kinds or self.industries or self.indicators):
            raise ValueError("members needs flags, licence_kinds, industries or indicators")
        return self

    def mask(self, matrix: pa.Table, profile: pa.Table) -> NDArray[np.bool_]:
        """Which rows belong, shape (rows,); null belongs nowhere.

        Raises
        ------
        ColumnError
            A column is absent or of the wrong type.
        """
        flags = [*self.flags, *(_HOLDS.format(kind=kind) for kind in self.licence_kinds)]
        masks = [_flag(profile, name) for name in flags]
        if self.industries:
            codes = _column(profile, "industry_code", pa.types.is_string)
            begins = [pc.starts_with(codes, pattern=code) for code in self.industries]
            masks.append(_known(reduce(pc.or_, begins)))
        masks += [_above_zero(matrix, name) for name in self.indicators]
        return np.asarray(reduce(or_, masks))


class IndicatorChoice(BaseModel):
    """Which indicators of the catalogue a sub-model looks at.

    Attributes
    ----------
    general
        All that the general model looks at.
    sectors
        Those that the catalogue gives to these sectors.
    dimensions, names
        Those of these dimensions, and single ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    general: bool = True
    sectors: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def takes(self, row: ModelIndicator) -> bool:
        """Whether it looks at an indicator."""
        return (
            (self.general and row.sector is None)
            or row.sector in self.sectors
            or row.dimension in self.dimensions
            or row.name in self.names
        )


class Sector(BaseModel):
    """One sector: its name in two languages, its members, and what its sub-model looks at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    members: Members
    indicators: IndicatorChoice = IndicatorChoice()
    minimum_positives: int | None = Field(default=None, ge=1)


def memberships(
    sectors: Mapping[str, Sector], matrix: pa.Table, profile: pa.Table
) -> dict[str, NDArray[np.bool_]]:
    """Who belongs to each sector, by its name, in the order of `sectors`."""
    return {name: sector.members.mask(matrix, profile) for name, sector in sectors.items()}


def joined_names(belongs: Mapping[str, NDArray[np.bool_]], *, rows: int) -> pa.Array:
    """The names of each row's sectors joined by ``;``, empty where there are none."""
    which = np.zeros(rows, dtype=np.int64)  # a bit for every sector: few combinations occur
    for bit, mask in enumerate(belongs.values()):
        which |= mask.astype(np.int64) << bit
    combinations, place = np.unique(which, return_inverse=True)
    texts = [
        ";".join(name for bit, name in enumerate(belongs) if combination >> bit & 1)
        for combination in combinations.tolist()
    ]
    return pa.array(texts, pa.string()).take(pa.array(place))


def members_of(joined: pa.ChunkedArray) -> dict[str, NDArray[np.bool_]]:
    """What :func:`joined_names` was given, of the sectors that anybody belongs to, by name."""
    told = np.asarray(joined.to_numpy(zero_copy_only=False), dtype=object)
    sets, at = np.unique(told.astype(str), return_inverse=True)
    named = [set(one.split(";")) - {""} for one in sets.tolist()]
    return {
        name: np.array([name in one for one in named])[at] for name in sorted(set().union(*named))
    }


def on_either_side(
    one: Mapping[str, NDArray[np.bool_]], other: Mapping[str, NDArray[np.bool_]]
) -> dict[str, NDArray[np.bool_]]:
    """Who belongs to each group on one side or the other; the same enterprises row by row."""
    return {
        name: np.any([side[name] for side in (one, other) if name in side], axis=0)
        for name in {**one, **other}
    }


def unknown_indicators(
    sectors: Mapping[str, Sector], indicators: Sequence[ModelIndicator]
) -> list[str]:
    """What sectors name that the catalogue does not have, as ``sector: name``."""
    names = {row.name for row in indicators}
    return [
        f"{sector}: {name}"
        for sector, told in sectors.items()
        for name in (*told.indicators.names, *told.members.indicators)
        if name not in names
    ]


def _flag(profile: pa.Table, name: str) -> NDArray[np.bool_]:
    return _known(_column(profile, name, pa.types.is_boolean))


def _known(flags: Any) -> NDArray[np.bool_]:
    return np.array(pc.fill_null(flags, False), dtype=bool)


def _above_zero(matrix: pa.Table, name: str) -> NDArray[np.bool_]:
    values = _column(matrix, name, lambda kind: not pa.types.is_string(kind))
    return np.asarray(np.nan_to_num(values.cast(pa.float64()).to_numpy()) > 0)


def _column(table: pa.Table, name: str, fits: Any) -> Any:
    if name not in table.column_names or not fits(table.schema.field(name).type):
        raise ColumnError(
            f"企业概况或指标表缺少列 {name}，或其类型不对；行业的成员规则需要它",
            f"the profile or the matrix lacks the column {name}, or it is of the wrong type; a "
            "sector's rule of membership needs it",
        )
    return table[name]
