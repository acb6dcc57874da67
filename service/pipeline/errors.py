"""Errors of the monthly job."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from service.errors import ServiceError


class NothingToImportError(ServiceError, LookupError):
    """The folders hold no file that any mapping reads."""

    def __init__(self, paths: Sequence[Path]) -> None:
        named = ", ".join(str(path) for path in paths)
        super().__init__(
            f"{named} 中没有任何映射认得的文件。请核对文件夹，或用 --source 指明来源。",
            f"No mapping reads any file of {named}. Check the folder, or name the --source.",
        )


class FutureDayError(ServiceError, ValueError):
    """An as-of day that is still to come."""

    def __init__(self, as_of: date, *, today: date) -> None:
        super().__init__(
            f"截至日期 {as_of} 晚于今天（{today}），届时的记录尚不存在。"
            f"请改为不晚于今天的日期：--as-of {today}",
            f"The as-of day {as_of} is after today ({today}); its records do not exist yet."
            f" Choose a day not after today: --as-of {today}",
        )


class DemonstrationFolderError(ServiceError, LookupError):
    """The folder of public registers lacks some of them."""

    def __init__(self, folder: Path, absent: Sequence[str]) -> None:
        listed = ", ".join(absent)
        super().__init__(
            f"{folder} 中缺少子目录：{listed}。请指向含有这些公开数据的目录。",
            f"{folder} lacks the folders {listed}. Point --public-data at another.",
        )
