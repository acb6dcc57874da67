"""Who there is: enterprises, their legal representatives, addresses and latent quality."""

from dataclasses import dataclass

import numpy as np

from features.simulation import words
from features.simulation.arrays import DAY, Array, pick, stream
from features.simulation.industries import INDUSTRIES
from features.simulation.numbering import credit_codes, registration_numbers
from features.simulation.parameters import PROCESS
from features.simulation.timeline import Timeline

_OTHER_ENTITIES = {
    "company": 0.86,
    "branch": 0.05,
    "sole_proprietorship": 0.05,
    "partnership": 0.02,
    "farmers_cooperative": 0.02,
}
_PREFIXES = {"individual_business": "92", "farmers_cooperative": "93"}
_SHARED_OWNER = 0.20  # share of enterprises whose legal representative heads several
_SHARED_ADDRESS = 0.12
_OWNER_CHANGES_A_YEAR = 0.025
_OLDEST_YEARS = 34


@dataclass(frozen=True)
class Population:
    """One row an enterprise, in an order without meaning; `persons` has one row a person.

    `owner_changes` holds (month, enterprise, new person) of changed legal representatives.
    """

    enterprise_id: Array
    registration_no: Array
    area: Array
    industry: Array  # position in INDUSTRIES
    group: Array
    entity_type: Array
    established: Array
    employees: Array
    capital: Array  # yuan
    brand: Array
    address: Array  # address number; below `shared_addresses` several enterprises share it
    shared_addresses: int
    owner: Array  # person number at establishment
    quality: Array
    address_effect: Array
    person_effect: Array  # one row a person
    owner_changes: tuple[Array, Array, Array]

    @property
    def size(self) -> int:
        """How many enterprises."""
        return len(self.enterprise_id)


def build_population(size: int, timeline: Timeline, *, seed: int) -> Population:
    """Draw the enterprises of the city."""
    rng = stream(seed, "population")
    shares = np.array([industry.share for industry in INDUSTRIES])
    industry = rng.choice(len(INDUSTRIES), size=size, p=shares / shares.sum())
    entity = _entity_types(industry, rng)
    serials = rng.permutation(size)
    prefixes = np.array([_PREFIXES.get(code, "91") for code in np.unique(entity)])
    individual = entity == "individual_business"
    employees = _employees(industry, individual, rng=rng)
    owner, address = _owners(size, rng), _addresses(size, rng)
    quality = rng.normal(0, PROCESS.quality_sd, size)
    person_effect = rng.normal(0, PROCESS.owner_sd, 4 * size)
    shared = shared_addresses(size)
    area = pick(rng, words.AREA_WEIGHTS, size=shared + size)[address]
    address_effect = rng.normal(0, PROCESS.address_sd, shared)
    established = _established(individual, timeline, rng=rng)
    laxness = quality + person_effect[owner]
    return Population(
        enterprise_id=credit_codes(
            prefixes[np.unique(entity, return_inverse=True)[1]], areas=area, serials=serials
        ),
        registration_no=registration_numbers(
            area, kinds=np.where(individual, "6", "0"), serials=serials
        ),
        area=area,
        industry=industry,
        group=np.array([entry.group for entry in INDUSTRIES])[industry],
        entity_type=entity,
        established=established,
        employees=employees,
        capital=_capital(employees, individual, rng=rng),
        brand=rng.integers(0, 1 << 30, size),
        address=address,
        shared_addresses=shared,
        owner=owner,
        quality=quality,
        address_effect=np.where(address < shared, address_effect[address % shared], 0.0),
        person_effect=person_effect,
        owner_changes=_owner_changes(laxness, established, timeline=timeline, rng=rng),
    )


def shared_addresses(size: int) -> int:
    """How many addresses are shared in a city of `size` enterprises."""
    return max(size // 40, 1)


def _entity_types(industry: Array, rng: np.random.Generator) -> Array:
    chance = np.array([entry.individual for entry in INDUSTRIES])[industry]
    others = pick(rng, _OTHER_ENTITIES, size=len(industry))
    return np.where(rng.random(len(industry)) < chance, "individual_business", others)


def _employees(industry: Array, individual: Array, *, rng: np.random.Generator) -> Array:
    typical = {"manufacturing": 28, "food_production": 25, "construction": 30, "hotel": 45}
    middle = np.array([typical.get(entry.group, 9) for entry in INDUSTRIES])[industry]
    middle = np.where(individual, 2.5, middle)
    size = middle * np.exp(rng.normal(0, 0.8, len(industry)))
    return np.asarray(np.maximum(1, np.round(size)))


def _capital(employees: Array, individual: Array, *, rng: np.random.Generator) -> Array:
    """Yuan, in steps as people write them."""
    raw = (
        employees * np.where(individual, 8_000, 60_000) * np.exp(rng.normal(0, 0.9, len(employees)))
    )
    step = 10.0 ** np.floor(np.log10(raw))
    return np.asarray(np.round(raw / step) * step)


def _owners(size: int, rng: np.random.Generator) -> Array:
    """Persons 0 .. size - 1 head one enterprise each; some head several."""
    busy = np.arange(max(size // 16, 1))
    shared = rng.random(size) < _SHARED_OWNER
    return np.where(shared, rng.choice(busy, size), size + np.arange(size))


def _addresses(size: int, rng: np.random.Generator) -> Array:
    """The first addresses are shared (hosted registration, market halls); the rest are not."""
    hosted = shared_addresses(size)
    weights = 1.0 / np.arange(3, hosted + 3)
    shared = rng.random(size) < _SHARED_ADDRESS
    places = rng.choice(hosted, size=size, p=weights / weights.sum())
    return np.where(shared, places, hosted + np.arange(size))


def _established(individual: Array, timeline: Timeline, *, rng: np.random.Generator) -> Array:
    """Days of establishment; ages are exponential, individual businesses younger."""
    years = rng.exponential(np.where(individual, 7.0, 10.0))
    days = np.ceil(20 + years % _OLDEST_YEARS * 365.25).astype("timedelta64[D]")
    return np.busday_offset((timeline.end - days).astype(DAY), 0, roll="backward")


def _owner_changes(
    laxness: Array, established: Array, *, timeline: Timeline, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Changed legal representatives; worse-run enterprises change them somewhat more often."""
    rate = _OWNER_CHANGES_A_YEAR / 12 * np.exp(0.6 * laxness)
    size = len(laxness)
    happens = rng.random((timeline.months, size), dtype=np.float32) < rate
    happens &= established <= timeline.bounds[:-1, None]
    months, enterprises = np.nonzero(happens)
    count = len(months)
    known = rng.random(count) < 0.3
    fresh = 2 * size + np.arange(count) % (2 * size)
    return months, enterprises, np.where(known, rng.integers(0, max(size // 16, 1), count), fresh)
