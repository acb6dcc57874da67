"""What the API is asked and answers when one enterprise is graded again."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.enterprises.schemas import Grade, GradeOut
from service.fields import Day, Text


class RegradeIn(BaseModel):
    """Why one enterprise is graded again, and as of which day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Annotated[
        Text,
        Field(
            min_length=1,
            max_length=200,
            description="事由，如处罚决定书文号 · why, such as a decision's number",
        ),
    ]
    as_of: Annotated[
        Day | None, Field(description="截至日期，默认今天 · as-of day, default today")
    ] = None


class GradeBefore(BaseModel):
    """What was in use until now."""

    grade: Grade
    probability: float | None


class RegradeOut(BaseModel):
    """The grade in use from now on, and the one before it. An internal aid, see `statement`."""

    enterprise_id: str
    as_of: date
    archive_build: str
    moved: bool = Field(description="whether the grade is another one · 等级是否变动")
    before: GradeBefore | None = Field(description="null: not graded until now · 此前未分级")
    now: GradeOut | None = Field(description="null: it left the register · 已退出登记")
    waiting_imports: int = Field(
        description="imports that the archive does not hold yet; above 0: build it and ask again · "
        "尚未归档的导入批次，大于 0 时请先归档再请求"
    )
    delta: str = Field(description="folder beside the run · 批次旁的增量目录")
    also_affected: list[str] = Field(
        description="keys through which others may move a little until the next batch · "
        "其他企业可能经由这些关系略有变动"
    )
