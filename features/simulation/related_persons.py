"""Who holds which post: legal representatives, shareholders, directors, supervisors, managers."""

import numpy as np

from features.simulation.arrays import Array, Columns, stacked, stream
from features.simulation.city import City
from features.simulation.happenings import is_company
from features.simulation.naming import person_names, person_numbers
from features.simulation.registrations import OWNER_ITEM, SHAREHOLDERS_ITEM, Register
from features.simulation.source_file import ID_COLUMN, KNOWN_COLUMN, SourceFile, finished

_ESTABLISHMENT = "设立"
_WITH_PARTNERS = ("partnership", "farmers_cooperative")
_PARTNER_SHARE = 0.35  # of the companies whose owner does not hold all of it
_BUSY_SHARE = 0.10  # of all other persons: they hold posts in several enterprises
_SUPERVISED_SHARE, _DIRECTED_SHARE, _CONTACT_SHARE = 0.8, 0.3, 0.15
_OWN_MANAGER_SHARE = 0.7  # of the companies that their owner manages himself
_WHOLE = 100.0  # per cent


def related_person_file(city: City, register: Register) -> SourceFile:
    """One row for each post taken or left, on the day of the registration that says so."""
    rng = stream(city.seed, "related persons")
    partner = _partners(city, register, rng)
    rows = stacked(
        [
            *_legal_representatives(register),
            *_owners(city, register, partner=partner),
            *_new_partners(city, register, partner=partner, rng=rng),
            *_others(city, register, rng),
        ]
    )
    columns = {
        ID_COLUMN: city.people.enterprise_id[rows["enterprise"]],
        "姓名": person_names(rows["person"]),
        "证件号码": person_numbers(rows["person"]),
        "职务": rows["role"],
        "任免": rows["action"],
        "持股比例（%）": rows["share"],
        "任免日期": rows["day"],
        KNOWN_COLUMN: rows["known"],
    }
    return SourceFile(
        source="city_related_persons",
        name="模拟_任职人员.csv",
        layout="csv",
        columns=finished(columns, "任免日期", timeline=city.timeline, rng=rng),
        event_column="任免日期",
        code_column="职务",
        required_column="任免",
        encoding="gb18030",
    )


def _posts(
    register: Register,
    events: Array,
    *,
    person: Array,
    role: str,
    ended: bool = False,
    share: Array | None = None,
) -> Columns:
    """Rows of one post, taken or left with some events of the register."""
    size = len(events)
    return {
        "enterprise": register.enterprise[events],
        "day": register.day[events],
        "known": register.known[events],
        "person": person,
        "role": np.full(size, role, dtype="U6"),
        "action": np.full(size, "离任" if ended else "任职"),
        "share": np.full(size, None) if share is None else np.round(share, 2).astype(object),
    }


def _legal_representatives(register: Register) -> list[Columns]:
    """As the register has them: the same person, name and number, as in its own rows."""
    first = np.flatnonzero(register.event == _ESTABLISHMENT)
    changed = np.flatnonzero(register.item == OWNER_ITEM)
    new, old = register.person[changed], register.person[changed - 1]
    moved = new != old
    changed, new, old = changed[moved], new[moved], old[moved]
    role = "法定代表人"
    return [
        _posts(register, first, person=register.person[first], role=role),
        _posts(register, changed, person=new, role=role),
        _posts(register, changed, person=old, role=role, ended=True),
    ]


def _partners(city: City, register: Register, rng: np.random.Generator) -> Array:
    """The share of a second shareholder of every enterprise, per cent; 0 where there is none."""
    company, size = is_company(city), city.people.size
    has = company & (rng.random(size) < _PARTNER_SHARE)
    has |= np.isin(city.people.entity_type, _WITH_PARTNERS)
    has[register.enterprise[register.item == SHAREHOLDERS_ITEM]] = True  # somebody to replace
    has &= city.people.entity_type != "individual_business"
    return np.where(has, np.round(rng.uniform(5, 49, size)), 0.0)


def _owners(city: City, register: Register, *, partner: Array) -> list[Columns]:
    """The owner holds what the second shareholder does not."""
    first = np.flatnonzero(register.event == _ESTABLISHMENT)
    kinds = ("company", "partnership", "sole_proprietorship", "farmers_cooperative")
    held = first[np.isin(city.people.entity_type[register.enterprise[first]], kinds)]
    share = _WHOLE - partner[register.enterprise[held]]
    return [_posts(register, held, person=register.person[held], role="股东", share=share)]


def _new_partners(
    city: City, register: Register, *, partner: Array, rng: np.random.Generator
) -> list[Columns]:
    """Second shareholders; a registered change of shareholders brings another one."""
    first = register.event == _ESTABLISHMENT
    changed = register.item == SHAREHOLDERS_ITEM
    events = np.flatnonzero((first | changed) & (partner[register.enterprise] > 0))
    person = _strangers(city, len(events), rng=rng)
    share = partner[register.enterprise[events]]
    leaves = np.flatnonzero(changed[events])  # the one before stands in the row before
    role = "股东"
    return [
        _posts(register, events, person=person, role=role, share=share),
        _posts(
            register,
            events[leaves],
            person=person[leaves - 1],
            role=role,
            ended=True,
            share=share[leaves],
        ),
    ]


def _others(city: City, register: Register, rng: np.random.Generator) -> list[Columns]:
    """Directors, supervisors, managers and contacts of companies, since their establishment."""
    first = np.flatnonzero(register.event == _ESTABLISHMENT)
    first = first[is_company(city)[register.enterprise[first]]]
    blocks = []
    for role, share, own in (
        ("董事", _DIRECTED_SHARE, 0.0),
        ("监事", _SUPERVISED_SHARE, 0.0),
        ("高级管理人员", 1.0, _OWN_MANAGER_SHARE),
        ("联络员", _CONTACT_SHARE, 0.3),
    ):
        events = first[rng.random(len(first)) < share]
        stranger = _strangers(city, len(events), rng=rng)
        himself = rng.random(len(events)) < own
        person = np.where(himself, register.person[events], stranger)
        blocks.append(_posts(register, events, person=person, role=role))
    return blocks


def _strangers(city: City, size: int, *, rng: np.random.Generator) -> Array:
    """Persons who head nothing, and some who head several enterprises."""
    heads = len(city.people.person_effect)
    fresh = heads + rng.integers(0, heads, size)
    known = rng.integers(0, max(city.people.size // 16, 1), size)
    return np.where(rng.random(size) < _BUSY_SHARE, known, fresh)
