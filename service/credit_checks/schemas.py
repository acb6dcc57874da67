"""What the registration system sends and gets. Documented in docs/api.md."""

import unicodedata
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.fields import Day, Instant, Line, Uscc, WordOf, resident_id_fits
from service.validation import FieldError

Word = Annotated[str, Field(strict=True)]


class Message(BaseModel):
    """One sentence in Chinese and English."""

    zh: str
    en: str


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonIn(_Request):
    """A natural person. The identity number is hashed with the office's key and never stored."""

    name: Line
    id_type: Annotated[
        Literal["resident_id", "passport", "other"],
        Field(description="resident_id: 居民身份证 · identity card"),
    ] = "resident_id"
    id_number: Line | None = None

    @model_validator(mode="after")
    def _check_number(self) -> Self:
        if self.id_number is None or self.id_type != "resident_id":
            return self
        # A mistyped number matches nobody, and a check that found nothing would be wrong.
        if not resident_id_fits(self.plain_number()):
            raise FieldError(
                "不是有效的居民身份证号码（18 位及校验码），请核对",
                "not a valid identity card number (18 characters with check character)",
                field="id_number",
            )
        return self

    def plain_number(self) -> str:
        """The identity number without blanks, in upper case and half width."""
        return "".join(unicodedata.normalize("NFKC", self.id_number or "").split()).upper()


class OtherPersonIn(PersonIn):
    """A person with an office other than legal representative."""

    role: Literal["director", "supervisor", "senior_manager"]


class CreditCheckIn(_Request):
    """One application that the registration system wants checked."""

    enterprise: Annotated[
        Uscc | None,
        Field(description="统一社会信用代码；仅设立登记可不填 · omit for establishment only"),
    ] = None
    application_kind: Annotated[Word, WordOf("application_kinds")]
    change_items: Annotated[
        list[Annotated[Word, WordOf("change_items")]],
        Field(max_length=30, description="申请变更的全部事项 · every item applied for"),
    ] = []
    entity_type: Annotated[
        Annotated[Word, WordOf("entity_types")] | None,
        Field(description="拟设立的主体类型 · kind of entity to be established"),
    ] = None
    legal_representative: Annotated[
        PersonIn | None,
        Field(
            description="拟任（或现任）法定代表人 · proposed, else current, legal representative"
        ),
    ] = None
    other_persons: Annotated[list[OtherPersonIn], Field(max_length=50)] = []
    as_of: Annotated[
        Day | None, Field(description="在该日生效的名单和规则；缺省为今天 · default today in China")
    ] = None
    known_at: Annotated[
        Instant | None, Field(description="系统在该时刻已知的信息；缺省为现在 · default now")
    ] = None
    business_ref: Annotated[Line | None, Field(description="登记业务流水号 · your reference")] = (
        None
    )

    @property
    def names_head(self) -> bool:
        """Whether the application puts a legal representative into office."""
        return (
            self.application_kind == "establishment" or "legal_representative" in self.change_items
        )

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        if self.enterprise is None and self.application_kind != "establishment":
            raise FieldError(
                "除设立登记外必须提供统一社会信用代码",
                "the unified social credit code is required unless an enterprise is"
                " being established",
                field="enterprise",
            )
        if self.application_kind == "change" and not self.change_items:
            raise FieldError(
                "变更登记必须列出全部变更事项，否则无法识别改正性申请",
                "a change must name every item, or a correction cannot be recognised",
                field="change_items",
            )
        if self.names_head and self.legal_representative is None:
            raise FieldError(
                "设立登记或变更法定代表人时必须提供拟任法定代表人",
                "required for an establishment and for a change of the legal representative",
                field="legal_representative",
            )
        return self


class Coded(BaseModel):
    """A code with its meaning."""

    code: str
    zh: str
    en: str


class HitOut(BaseModel):
    """A fact found, whether or not it stands in the way."""

    subject: Literal["enterprise", "person"]
    role: str | None
    kind: str = Field(
        description="listing, licence_revoked, registration_annulled, serious_listing"
    )
    list_: Annotated[Coded | None, Field(alias="list")]
    reason_code: str | None
    reason: Message | None
    decision_no: str | None
    authority: str | None
    listed_on: date | None
    removed_on: date | None
    enterprise_id: str | None = Field(description="where a person's earlier office was")
    counted_from: date | None = Field(description="the day from which a bar on a person counts")
    cured_by: list[str] = Field(description="change items that correct it")
    remedy: list[Message]
    blocking: bool
    rules: list[str]


class GroundOut(BaseModel):
    """The rule of law behind a hit, as in force on the day of the check."""

    parameter: str = Field(description="name in law/parameters/")
    act: str
    document_number: str | None
    article: str | None
    text: Message
    effective_from: date
    effective_to: date | None
    region: str
    status: Literal["confirmed", "unconfirmed"] = Field(description="unconfirmed: 待法制审核")
    note: str | None


class SubjectOut(BaseModel):
    """The enterprise as the register knew it."""

    enterprise_id: str | None
    is_known: bool
    status: str | None = Field(
        description="active, dormant, revoked, annulled, deregistered, moved_out"
    )
    name: str | None
    entity_type: str | None


class SnapshotOut(BaseModel):
    """Which data answered."""

    snapshot_id: int
    archive_build: str
    loaded_at: Instant


class CreditCheckOut(BaseModel):
    """A receipt: immutable, chained by hash, to be fetched again by its number."""

    check_id: str
    seq: int
    created_at: Instant
    decision: Literal["allow", "refuse", "manual_review"] = Field(
        description="只有 allow 可以直接受理 · only allow lets the application pass"
    )
    application_kind: str
    change_items: list[str]
    business_ref: str | None
    as_of: date
    known_at: Instant
    subject_status: SubjectOut
    hits: list[HitOut]
    grounds: list[GroundOut]
    must_also_apply_for: list[str]
    notice: list[Message]
    snapshot: SnapshotOut
    ruleset: str = Field(description="SHA-256 of the rules that were asked")
    data_as_of: Instant | None = Field(description="newest record in the data that answered")
    expires_at: Instant = Field(description="after this instant ask again")
    prev_hash: str
    hash: str = Field(description="SHA-256 of this receipt without `hash`, as canonical JSON")
