"""How people write an enterprise's name and address when they have no licence before them."""

from collections.abc import Callable
from typing import Final

import numpy as np

from features.simulation import words
from features.simulation.arrays import Array, joined

_SIMPLE = "汕头市龙湖区金平濠江潮阳南澄海县兴丰顺诚宁华荣锦远达韩粤凤岭限责任公司厂业饼门诊电饮发"
_TRADITIONAL = (
    "汕頭市龍湖區金平濠江潮陽南澄海縣興豐順誠寧華榮錦遠達韓粵鳳嶺限責任公司廠業餅門診電飲發"
)
_POINTS = 1 << 16

Change = Callable[[Array], Array]


def _traditional(names: Array) -> Array:
    table = np.arange(_POINTS, dtype=np.uint32)
    table[[ord(one) for one in _SIMPLE]] = [ord(one) for one in _TRADITIONAL]
    text = np.ascontiguousarray(names)
    points = text.view(np.uint32).reshape(len(text), -1)
    return np.asarray(table[points].view(text.dtype).ravel())


def _half_width(names: Array) -> Array:
    return np.strings.replace(np.strings.replace(names, "（", "("), "）", ")")


def _long_form(names: Array) -> Array:
    long = np.strings.find(names, "有限责任公司") >= 0
    return np.where(long, names, np.strings.replace(names, "有限公司", "有限责任公司"))


def _without_place(names: Array) -> Array:
    for place in (words.CITY, *words.AREAS.values()):
        names = np.where(
            np.strings.startswith(names, place), np.strings.replace(names, place, "", 1), names
        )
    return names


def _signboard(names: Array) -> Array:
    for suffix in ("有限责任公司", "有限公司", "专业合作社", "经营部"):
        names = np.strings.replace(names, suffix, "")
    return names


NAME_CHANGES: Final[dict[str, tuple[float, Change]]] = {
    "without_suffix": (0.15, _signboard),
    "company_suffix": (0.30, _long_form),
    "without_place": (0.20, _without_place),
    "traditional": (0.18, _traditional),
    "half_width_brackets": (0.25, _half_width),
}
"""Share of the names that somebody writes so, and how; applied in this order."""


def varied(names: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Names as complaints give them, and which changes were made, joined by ``;``."""
    done = np.full(len(names), "", dtype="U100")
    if not len(names):  # numpy replaces nothing in nothing with an error
        return names, done
    for change, (share, write) in NAME_CHANGES.items():
        written = write(names)
        hit = (rng.random(len(names)) < share) & (written != names)
        names = np.where(hit, written, names)
        done = np.where(hit, joined(done, change, ";"), done)
    return names, np.strings.rstrip(done, ";")


def address_as_told(area: Array, street: Array, house: Array, *, rng: np.random.Generator) -> Array:
    """Addresses more or less complete; some only say nearby, some are empty."""
    house = np.strings.replace(house, "（集群注册）", "")
    forms = np.stack(
        [
            joined(words.CITY, area, street, house),
            joined(area, street, house),
            joined(street, house),
            joined(area, street, _full_width_digits(house)),
            joined(street, house, "附近"),
            np.full(len(area), "", dtype="U1"),
        ]
    )
    chosen = rng.choice(len(forms), len(area), p=(0.25, 0.25, 0.20, 0.10, 0.12, 0.08))
    return np.asarray(forms[chosen, np.arange(len(area))])


def _full_width_digits(text: Array) -> Array:
    points = np.ascontiguousarray(text).view(np.uint32).copy()
    digit = (points >= ord("0")) & (points <= ord("9"))
    points[digit] += ord("０") - ord("0")
    return np.asarray(points.view(text.dtype))
