"""What the API says of an enterprise's grade, and what the console's table can be asked for."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.fields import Instant, Text

Sort = Literal["probability", "points", "name", "enterprise_id"]
Grade = Literal["A", "B", "C", "D"]
Basis = Literal["model", "hysteresis", "floor", "province", "direct_rule", "override"]


class Statement(BaseModel):
    """What a grade is not."""

    zh: str
    en: str


class ReasonOut(BaseModel):
    """One of the largest contributions that raise the risk, with the newest record behind it."""

    indicator: str
    zh: str
    en: str
    unit: str | None
    value: float | None = Field(description="null: no record · 无记录")
    points: float = Field(description="negative raises the risk · 负分表示风险上升")
    reference: str | None
    event_on: date | None
    source: str | None


class GradeOut(BaseModel):
    """The grade of one enterprise in the published run. An internal aid, see `statement`."""

    enterprise_id: str
    name: str
    grade: Grade
    model_grade: Grade | None
    basis: Basis
    basis_ground: str | None
    provincial_grade: Grade | None = Field(description="the province's result · 省级分类结果")
    probability: float | None
    points: int | None = Field(description="higher is safer · 高者风险低")
    sector_model: str | None
    reasons: list[ReasonOut]
    run_id: str
    as_of: date
    published_at: Instant
    model_version: str
    statement: Statement
    unconfirmed_law: list[str] = Field(description="parameters awaiting legal review · 待法制审核")


class TableQuery(BaseModel):
    """What the console's table of enterprises is asked for; empty fields mean any."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    q: Annotated[Text, Field(max_length=100)] = ""
    grade: Literal["", "A", "B", "C", "D"] = ""
    area: Annotated[Text, Field(max_length=12)] = ""
    industry: Annotated[Text, Field(max_length=20)] = ""
    basis: Literal["", Basis] = ""
    sort: Sort = "probability"
    order: Literal["", "asc", "desc"] = ""
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1

    @property
    def descending(self) -> bool:
        """Riskiest first for probability; from the start of the alphabet for texts."""
        return (self.order or ("desc" if self.sort == "probability" else "asc")) == "desc"

    def with_changes(self, **changes: str | int) -> dict[str, str]:
        """The query string of this table with something else; defaults are left out."""
        values = {**self.model_dump(), "page": 1, **changes}
        default = TableQuery().model_dump()
        return {name: str(value) for name, value in values.items() if value != default[name]}
