"""Rules of a credit check at registration, as typed rows.

The rules are data (law/parameters/registration/*.yaml); this module reads those in force on a
day in a region and says whom a rule reaches. What follows from several rules together is decided
in scoring/registration.py.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from law.book import LawBook, load
from law.calendar import add_months
from law.errors import NoValueError
from law.provenance import Reference, Status
from law.regions import NATIONWIDE
from law.values import Parameter, Value

Outcome = Literal["refuse", "must_also_apply", "manual_review"]

SWITCH = "registration.refuse_while_listed"
SWITCHED = "registration.refusal_rules"
STANDING = ("registration.must_also_apply", "registration.standing_rules")
BARS = "registration.person_bars"


@dataclass(frozen=True)
class Ground:
    """The legal ground of an outcome. `effective_to` is the last day in force, None if open."""

    parameter: str
    reference: Reference
    text_zh: str
    text_en: str
    effective_from: date
    effective_to: date | None
    region: str
    status: Status
    note: str | None


@dataclass(frozen=True)
class Rule:
    """One row: (list or person bar, ground, subject, application, change item) -> outcome.

    An empty `list_grounds` or `change_items` means any.
    """

    rule: str
    trigger: Literal["list", "person_bar"]
    lists: frozenset[str]
    list_grounds: frozenset[str]
    roles: frozenset[str]
    subject_kinds: frozenset[str]
    application_kinds: frozenset[str]
    change_items: frozenset[str]
    cured_by: frozenset[str]
    outcome: Outcome
    must_also_apply_for: tuple[str, ...]
    remedy_zh: str
    remedy_en: str
    ground: Ground

    def is_cured_by(self, change_items: Collection[str]) -> bool:
        """Whether the application itself makes the correction that the rule asks for."""
        return not self.cured_by.isdisjoint(change_items)

    def _reaches_application(
        self, *, subject_kind: str, application_kind: str, change_items: Collection[str]
    ) -> bool:
        return (
            subject_kind in self.subject_kinds
            and application_kind in self.application_kinds
            and (not self.change_items or not self.change_items.isdisjoint(change_items))
            and not self.is_cured_by(change_items)
        )

    def reaches_listing(
        self,
        *,
        list_name: str,
        list_ground: str | None,
        subject_kind: str,
        application_kind: str,
        change_items: Collection[str] = (),
    ) -> bool:
        """Whether the rule speaks about an application of a subject that stands on a list.

        An application that carries the cure is never reached. A listing whose ground is not
        recorded (None) is reached by the rules of every ground: nobody knows which applies, so
        the caller sends such a case to an officer instead of refusing.
        """
        return (
            self.trigger == "list"
            and list_name in self.lists
            and (not self.list_grounds or list_ground is None or list_ground in self.list_grounds)
            and self._reaches_application(
                subject_kind=subject_kind,
                application_kind=application_kind,
                change_items=change_items,
            )
        )

    def reaches_person(
        self,
        *,
        role: str,
        subject_kind: str,
        application_kind: str,
        change_items: Collection[str] = (),
    ) -> bool:
        """Whether the rule speaks about an application with a barred person in this role."""
        return (
            self.trigger == "person_bar"
            and role in self.roles
            and self._reaches_application(
                subject_kind=subject_kind,
                application_kind=application_kind,
                change_items=change_items,
            )
        )


@dataclass(frozen=True)
class PersonBar:
    """A bar on a person. `years` is None for a bar that lasts for life or while a state lasts."""

    bar: str
    roles: frozenset[str]
    subject_kinds: frozenset[str]
    term: Literal["years", "lifetime", "while_it_lasts"]
    years: int | None
    counted_from_zh: str
    counted_from_en: str
    ground: Ground

    def last_day(self, counted_from: date) -> date | None:
        """Last day of the bar (民法典 art. 202: the corresponding day); None where open."""
        return None if self.years is None else add_months(counted_from, 12 * self.years)

    def is_barred(self, on: date, *, counted_from: date) -> bool:
        """Whether the person is barred on a day.

        A bar `while_it_lasts` answers True from its first day: the caller ends it by no longer
        reporting the state.
        """
        last = self.last_day(counted_from)
        return counted_from <= on and (last is None or on <= last)


@lru_cache(maxsize=1024)
def rules(*, on: date, region: str = NATIONWIDE, overlay: Path | None = None) -> tuple[Rule, ...]:
    """Every registration rule in force: standing rules, and refusals where switched on.

    A day before the first rule gives an empty tuple: no ground in force means no refusal.

    Raises
    ------
    RegionError
        The region is not six digits.

    References
    ----------
    市场主体登记管理条例 art. 12, 20, 33; 实施细则 art. 20, 48. Parameters
    `registration.standing_rules`, `registration.must_also_apply`, `registration.refusal_rules`
    behind the switch `registration.refuse_while_listed`.
    """
    book = load(overlay)
    switch = _find(book, SWITCH, on=on, region=region)
    switched_on = switch is not None and switch.value is True
    found: list[Rule] = []
    for name in (*STANDING, SWITCHED) if switched_on else STANDING:
        value = _find(book, name, on=on, region=region)
        if value is None:
            continue
        basis = switch if name == SWITCHED else None
        for row in value.value:
            ground = _read_ground(row, value, parameter=book.parameter(name), switch=basis)
            found.append(_read_rule(row, ground))
    return tuple(found)


@lru_cache(maxsize=256)
def person_bars(*, on: date, overlay: Path | None = None) -> tuple[PersonBar, ...]:
    """Every bar on persons in force on a day; empty before the first of them.

    References
    ----------
    市场主体登记管理条例 art. 12, 40; 公司法 (2023) art. 178; 食品安全法 art. 135. Parameter
    `registration.person_bars`.
    """
    book = load(overlay)
    value = _find(book, BARS, on=on, region=NATIONWIDE)
    if value is None:
        return ()
    parameter = book.parameter(BARS)
    return tuple(
        _read_bar(row, _read_ground(row, value, parameter=parameter)) for row in value.value
    )


def _find(book: LawBook, name: str, *, on: date, region: str) -> Value | None:
    try:
        return book.lookup(name, on=on, region=region)
    except NoValueError:
        return None


def _read_rule(row: Mapping[str, Any], ground: Ground) -> Rule:
    return Rule(
        rule=row["rule"],
        trigger=row["trigger"],
        lists=frozenset(row.get("lists", ())),
        list_grounds=frozenset(row.get("list_grounds", ())),
        roles=frozenset(row.get("roles", ())),
        subject_kinds=frozenset(row["subject_kinds"]),
        application_kinds=frozenset(row["application_kinds"]),
        change_items=frozenset(row.get("change_items", ())),
        cured_by=frozenset(row.get("cured_by", ())),
        outcome=row["outcome"],
        must_also_apply_for=tuple(row.get("must_also_apply_for", ())),
        remedy_zh=row["remedy"]["zh"],
        remedy_en=row["remedy"]["en"],
        ground=ground,
    )


def _read_bar(row: Mapping[str, Any], ground: Ground) -> PersonBar:
    term = row["term"]
    years = term["years"] if isinstance(term, dict) else None
    return PersonBar(
        bar=row["bar"],
        roles=frozenset(row["roles"]),
        subject_kinds=frozenset(row.get("subject_kinds", ())),
        term="years" if years is not None else term,
        years=years,
        counted_from_zh=row["counted_from"]["zh"],
        counted_from_en=row["counted_from"]["en"],
        ground=ground,
    )


def _read_ground(
    row: Mapping[str, Any], value: Value, *, parameter: Parameter, switch: Value | None = None
) -> Ground:
    """The row's own act where it names one, else the switch's, else the value's."""
    basis = switch or value
    first, last = _span(row, value, parameter=parameter)
    if switch is not None:
        first, last = max(first, switch.since), _earlier(last, switch.until)
    unconfirmed = "unconfirmed" in (row.get("status", value.status), switch and switch.status)
    return Ground(
        parameter=value.name,
        reference=_own_reference(row) or basis.reference,
        text_zh=row["zh"],
        text_en=row["en"],
        effective_from=first,
        effective_to=last,
        region=basis.region,
        status="unconfirmed" if unconfirmed else "confirmed",
        note=row.get("note") or basis.note,
    )


def _own_reference(row: Mapping[str, Any]) -> Reference | None:
    if not row.get("act"):
        return None
    return Reference(act=row["act"], number=row.get("number"), article=row.get("article"))


def _span(
    row: Mapping[str, Any], value: Value, *, parameter: Parameter
) -> tuple[date, date | None]:
    """First and last day of a row that consecutive values of its region carry unchanged."""
    same = [other for other in parameter.values if other.region == value.region]
    place = same.index(next(other for other in same if other.since == value.since))
    first = last = place
    while first > 0 and row in (same[first - 1].value or ()):
        first -= 1
    while last + 1 < len(same) and row in (same[last + 1].value or ()):
        last += 1
    return same[first].since, same[last].until


def _earlier(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)
