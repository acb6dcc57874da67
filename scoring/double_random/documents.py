"""The JSON documents of a round, in the one byte form that their hashes speak of.

Canonical form: keys sorted, indented by one blank, UTF-8 as it is, a line end at the end, and no
floating-point number anywhere: two programs must never disagree about a digit.
"""

import json
from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from scoring.errors import EvidenceError

VERSION: Final = "xinheng-draw/1"
# A round names a folder and stands in the seed: nothing that a path or a shell could read.
ROUND_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"

PerMille = Annotated[int, Field(ge=0, le=1000)]
Count = Annotated[int, Field(ge=0)]
Round = Annotated[str, Field(pattern=ROUND_PATTERN)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Grade = Literal["A", "B", "C", "D"]


class Document(BaseModel):
    """Strict and closed: no field more, no field less, no number where a string belongs."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    def to_bytes(self) -> bytes:
        """The canonical bytes."""
        return canonical_json(self.model_dump(mode="json"))

    @classmethod
    def read(cls, content: bytes, *, name: str) -> Self:
        """Read the bytes of file `name`.

        Raises
        ------
        EvidenceError
            A field is missing, unknown or of another type, or the bytes are not canonical.
        """
        try:
            document = cls.model_validate_json(content)
        except ValidationError as error:
            listed = "; ".join(
                f"{'.'.join(str(part) for part in fault['loc']) or '-'}: {fault['msg']}"
                for fault in error.errors()[:10]
            )
            raise EvidenceError(
                f"{name} 无法读取：{listed}", f"{name} can't be read: {listed}"
            ) from None
        if document.to_bytes() != content:
            raise EvidenceError(
                f"{name} 不是规范格式（键排序、缩进一格、UTF-8、末尾换行）",
                f"{name} is not in canonical form (sorted keys, indent 1, UTF-8, final line end)",
            )
        return document


def canonical_json(document: object) -> bytes:
    """`document` in canonical form.

    Raises
    ------
    TypeError
        It holds a floating-point number: a fault of the program, not of a user.
    """
    _refuse_floats(document)
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1)
    return text.encode() + b"\n"


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError(f"a draw has no floating-point numbers: {value!r}")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)


class LegalBasis(Document):
    """A parameter used by a plan: where it stands, since when, and whether it is confirmed."""

    name: str
    since: date
    region: str
    status: str


class ItemRule(Document):
    """An item of the round: whose it is, the matter its inspectors need, its own ratios.

    A blank department or matter means any.
    """

    item: str
    department: str
    matter: str
    ratios_per_mille: dict[Grade, PerMille]


class PlannedStratum(Document):
    """One cell of office area x grade x rest status x items that concern the enterprise.

    `floor` already holds the share of visits that is spread uniformly. `ratio_per_mille` is the
    largest of `item_ratios`, which has the items that concern the stratum.
    """

    stratum: str
    area_code: str
    grade: Grade
    rested: bool
    population: Count
    ratio_per_mille: PerMille
    floor: Count
    item_ratios: dict[str, PerMille]


class TeamRule(Document):
    """How many inspectors make a visit, and who may be one of them.

    `most_visits` is what one inspector can make in the task period; 0 where nobody said.
    """

    minimum: Count
    size: Count
    reason: str
    same_area: bool
    matter: str
    most_visits: Count


class Plan(Document):
    """What was decided before the frame was frozen. Its hash is part of the seed."""

    version: Literal["xinheng-draw/1"]
    round: Round
    region: str
    run_id: str
    as_of: date
    grades_sha256: Sha256
    items: tuple[str, ...]
    item_kind: Literal["single", "joint"]
    item_rules: tuple[ItemRule, ...]
    task_from: date
    task_to: date
    randomness_name: str
    minimum_randomness_bits: Count
    ratios_per_mille: dict[Grade, PerMille]
    rest_rate_per_mille: PerMille
    uniform_share_per_mille: PerMille
    reserve_per_mille: PerMille
    floor: Count
    library_size: Count
    exclusions_by_ground: dict[str, Count]
    strata: tuple[PlannedStratum, ...]
    team: TeamRule
    law: tuple[LegalBasis, ...]
    files: dict[str, Sha256]


class Commitment(Document):
    """What is published before the randomness exists."""

    version: Literal["xinheng-draw/1"]
    round: Round
    frame_root: Sha256
    frame_rows: Count
    plan_hash: Sha256
    randomness_name: str
    frozen_at: AwareDatetime


class StratumCount(Document):
    """Inclusion probability of a stratum as two whole numbers: `drawn` of `population`."""

    stratum: str
    population: Count
    drawn: Count
    reserves: Count


class DrawRecord(Document):
    """The randomness as it was read out, the seed made of it, and the counts."""

    version: Literal["xinheng-draw/1"]
    round: Round
    randomness: str
    randomness_name: str
    randomness_at: AwareDatetime
    drawn_at: AwareDatetime
    seed: Sha256
    strata: tuple[StratumCount, ...]


class Visit(Document):
    """Who visits one drawn enterprise."""

    uscc: str
    inspectors: tuple[str, ...]


class Load(Document):
    """How many visits one inspector makes."""

    inspector_id: str
    visits: Count


class AssignmentRecord(Document):
    """Every visit of the round with its inspectors."""

    version: Literal["xinheng-draw/1"]
    round: Round
    team_size: Count
    visits: tuple[Visit, ...]
    loads: tuple[Load, ...]


class Change(Document):
    """Something that came otherwise than drawn, with its reason; what was drawn stays on record.

    ``reserve``: the enterprise `uscc` can't be visited and `replacement` is visited as well, while
    `uscc` stays in the denominator. ``inspector``: `replaced` does not go to `uscc`, `replacement`
    does. `inspectors` is the team of the visit that now stands. `ticket` decided.
    """

    version: Literal["xinheng-draw/1"]
    round: Round
    number: Count
    kind: Literal["reserve", "inspector"]
    at: AwareDatetime
    by: str
    reason: str
    uscc: str
    replaced: str
    replacement: str
    ticket: str
    inspectors: tuple[str, ...]
    previous_sha256: str


class Manifest(Document):
    """SHA-256 of every file of the evidence; written last, so that its presence means whole."""

    version: Literal["xinheng-draw/1"]
    round: Round
    files: dict[str, Sha256]
