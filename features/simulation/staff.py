"""Inspectors and whom they must avoid. Not records: they serve the draw, not the archive."""

import numpy as np

from features.simulation import words
from features.simulation.arrays import DAY, Array, Columns, joined, padded, pick, stream
from features.simulation.city import City
from features.simulation.naming import bureau_of, person_names

_ENTERPRISES_PER_INSPECTOR = 120
_FEWEST = 28
_SPECIALITIES = {
    "food": 0.40,
    "food;consumer;price": 0.15,
    "special_equipment": 0.15,
    "special_equipment;product_quality": 0.10,
    "product_quality;trademark;advertising": 0.10,
    "registration;advertising;competition;price;consumer;other": 0.10,
}
_REASONS = {"近亲属任职": 0.5, "本人或近亲属持股": 0.3, "三年内曾在该企业任职": 0.2}
_EXPIRED_SHARE = 0.04


def inspectors(city: City) -> Columns:
    """One row an inspector; `matters` are codes of law/codes/matters joined by ``;``."""
    rng = stream(city.seed, "inspectors")
    size = max(_FEWEST, city.people.size // _ENTERPRISES_PER_INSPECTOR)
    area = _areas(size, rng)
    ahead = rng.integers(30, 1500, size)
    days = np.where(rng.random(size) < _EXPIRED_SHARE, -rng.integers(1, 400, size), ahead)
    number = np.arange(size)
    return {
        "inspector_id": joined("SIM-I", padded(number + 1, 4)),
        "name": person_names(number * 13 + 5),
        "unit": bureau_of(area),
        "certificate_no": joined("模拟执法44SIM", padded(number + 1, 5)),
        "certificate_valid_to": (city.timeline.end + days.astype("timedelta64[D]")).astype(DAY),
        "area_code": area,
        "matters": pick(rng, _SPECIALITIES, size=size),
    }


def _areas(size: int, rng: np.random.Generator) -> Array:
    """At least two inspectors in every district, the rest by size of the district."""
    floor = np.tile(np.array(list(words.AREAS)), 2)
    return np.concatenate([floor, pick(rng, words.AREA_WEIGHTS, size=size - len(floor))])


def avoidance(city: City, inspector_ids: Array) -> Columns:
    """Pairs of inspector and enterprise that must not meet (回避)."""
    rng, people = stream(city.seed, "avoidance"), city.people
    size = max(5, people.size // 100)
    pairs = np.unique(
        rng.integers(0, len(inspector_ids), size) * people.size + rng.integers(0, people.size, size)
    )
    return {
        "inspector_id": inspector_ids[pairs // people.size],
        "uscc": people.enterprise_id[pairs % people.size],
        "reason": pick(rng, _REASONS, size=len(pairs)),
    }
