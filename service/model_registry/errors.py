"""Errors of the registry of models."""

from collections.abc import Sequence
from pathlib import Path

from service.errors import ServiceError


class UnknownModelError(ServiceError, LookupError):
    """No model folder, or several, answer to a name."""

    def __init__(self, wanted: str, *, known: Sequence[str]) -> None:
        listed = "、".join(known) or "（无 none）"
        super().__init__(
            f"没有唯一的模型 {wanted!r}。请写版本号（或其前几位）或目录名；现有：{listed}",
            f"No single model answers to {wanted!r}. Give a version (or its first digits) or a"
            f" folder's name; there are: {listed}",
        )


class OtherModelError(ServiceError, ValueError):
    """The folder of the model in use holds another model than the register says."""

    def __init__(self, folder: Path, *, registered: str, found: str) -> None:
        super().__init__(
            f"模型目录 {folder.name} 现为版本 {found}，登记簿记载的是 {registered}：目录被替换，"
            "拒绝使用。请从备份恢复原目录，或用 xinheng model promote 正式启用新版本。",
            f"the folder {folder.name} now holds the version {found}, the register says"
            f" {registered}: it was exchanged, so it is refused. Restore the folder from a copy,"
            " or put the new version into use with: xinheng model promote",
        )


class UnknownRunError(ServiceError, LookupError):
    """No grading run of that name."""

    def __init__(self, run_id: str, *, known: Sequence[str]) -> None:
        listed = "、".join(known) or "（无 none）"
        super().__init__(
            f"没有分级批次 {run_id!r}。现有批次：{listed}",
            f"There is no grading run {run_id!r}. Runs: {listed}",
        )
