"""Errors of re-grading."""

from service.errors import ServiceError


class ChangesUnknownError(ServiceError, LookupError):
    """The archive did not go on from the one that the grades were made of."""

    def __init__(self, build_id: str, graded: str) -> None:
        super().__init__(
            f"无法确定档案 {graded} 之后哪些企业有变化（当前档案 {build_id} 已整体重建，或中间批次"
            "已清理）。请重新为全部企业分级：xinheng score --as-of 日期",
            f"Which enterprises changed since archive {graded} is not known (the archive in use,"
            f" {build_id}, was built afresh, or builds between are gone). Grade everybody again:"
            " xinheng score --as-of DAY",
        )


class NothingToGradeError(ServiceError, ValueError):
    """Neither an enterprise nor the changed ones were asked for, or both."""

    def __init__(self) -> None:
        super().__init__(
            "请给出一个统一社会信用代码，或使用 --changed（二者取一）",
            "Name one enterprise, or use --changed; one of the two",
        )
