"""Errors of campaigns: rounds and runs that are not there, or not in the state asked for."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from law.errors import XinhengError


class CampaignError(XinhengError):
    """Base of the campaigns."""


class UnknownRoundError(CampaignError, LookupError):
    """No round of that name."""

    def __init__(self, round_id: str, *, known: Sequence[str] = ()) -> None:
        listed = "、".join(known) or "（无 none）"
        super().__init__(
            f"没有抽查轮次 {round_id!r}。现有轮次：{listed}",
            f"There is no round {round_id!r}. Rounds: {listed}",
        )


class RoundNotDrawnError(UnknownRoundError):
    """The round exists, but nothing has been drawn yet."""

    def __init__(self, round_id: str) -> None:
        CampaignError.__init__(
            self,
            f"轮次 {round_id} 尚未抽取。请先运行 xinheng campaign draw --round {round_id}",
            f"Round {round_id} is not drawn yet. Run: xinheng campaign draw --round {round_id}",
        )


class RoundNotFrozenError(CampaignError, ValueError):
    """The round is planned, but its frame is not frozen."""

    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"轮次 {round_id} 尚未冻结。请先运行 xinheng campaign freeze --round {round_id}，"
            "公布根值后再抽取",
            f"Round {round_id} is not frozen. Run: xinheng campaign freeze --round {round_id},"
            " publish its root, then draw",
        )


class RoundFrozenError(CampaignError, ValueError):
    """A frozen round can't be planned or frozen again."""

    def __init__(self, round_id: str, *, frozen_at: datetime) -> None:
        super().__init__(
            f"轮次 {round_id} 已于 {frozen_at:%Y-%m-%d %H:%M}（UTC）冻结，"
            "不能再改方案或再次冻结；请另起轮次",
            f"Round {round_id} was frozen at {frozen_at:%Y-%m-%d %H:%M} UTC: it can't be planned or"
            " frozen again. Begin another round",
        )


class RoundDrawnError(CampaignError, ValueError):
    """A round is drawn once, with one randomness."""

    def __init__(self, round_id: str, *, randomness: str) -> None:
        super().__init__(
            f"轮次 {round_id} 已用随机数 {randomness} 抽取，"
            "不能重抽或更换随机数；需要再抽请另起轮次",
            f"Round {round_id} was drawn with the randomness {randomness}: it can't be drawn again"
            " or with another one. Begin another round",
        )


class RandomnessReusedError(CampaignError, ValueError):
    """Every round needs randomness of its own."""

    def __init__(self, round_id: str, *, other: str) -> None:
        super().__init__(
            f"该随机数已用于轮次 {other}，轮次 {round_id} 须用新的公开随机数，"
            "否则企业可预知自己是否被抽中",
            f"Round {other} was drawn with this randomness; round {round_id} needs fresh public"
            " randomness, or firms could foresee their visit",
        )


class PackFolderError(CampaignError, FileExistsError):
    """The folder for a publication pack holds something already."""

    __str__ = XinhengError.__str__  # FileExistsError would print an errno

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} 已存在，不会覆盖；请另选文件夹",
            f"{folder} exists and is not overwritten; name another folder",
        )


class HandInMissingError(CampaignError, FileNotFoundError):
    """A file named on the command line is not there."""

    __str__ = XinhengError.__str__  # FileNotFoundError would print an errno

    def __init__(self, path: Path) -> None:
        super().__init__(f"找不到文件 {path}", f"There is no file {path}")


class ResultsChangedError(CampaignError, ValueError):
    """A file would change results that were entered before."""

    def __init__(self, round_id: str, places: Sequence[str]) -> None:
        listed = "；".join(places[:20]) + (f" …(+{len(places) - 20})" if len(places) > 20 else "")
        super().__init__(
            f"轮次 {round_id} 已有不同的结果：{listed}。确需更正，请写明更正理由"
            "（命令行 --correct；文件导入 --replace）；未作任何更改",
            f"Round {round_id} has other results already: {listed}. To correct them, give the"
            " reason (--correct; for a file --replace); nothing was changed",
        )


class CorrectorMissingError(CampaignError, ValueError):
    """Results are to be replaced, but nobody says who does it and why."""

    def __init__(self) -> None:
        super().__init__(
            "更正已有结果须写明更正人（--by）和理由（--reason）；未作任何更改",
            "To replace results say who does it (--by) and why (--reason); nothing was changed",
        )


class NotYourVisitError(CampaignError, LookupError):
    """Somebody asks for visits that are for others to make."""

    def __init__(self, round_id: str, who: str, *, enterprise_id: str = "") -> None:
        what = f"{enterprise_id} " if enterprise_id else ""
        super().__init__(
            f"轮次 {round_id} {what}没有 {who} 的检查任务。密钥名称须与名录中的检查人员编号相同",
            f"Round {round_id} has no visit {what}of {who}. The name of the key must be the id of"
            " the inspector on the round's roster",
        )


class NothingEnteredError(CampaignError, ValueError):
    """No visit of the round has a result yet."""

    def __init__(self, round_id: str) -> None:
        super().__init__(
            f"轮次 {round_id} 还没有检查结果。请先录入：xinheng campaign enter --round {round_id}",
            f"Round {round_id} has no results yet. Enter them: xinheng campaign enter --round"
            f" {round_id}",
        )


class CyclesStateError(CampaignError, ValueError):
    """The patrol cycles of a year are not frozen yet, not drawn yet, or done already."""

    def __init__(self, year: int, *, is_frozen: bool, randomness: str = "") -> None:
        if randomness:
            zh, en = f"已用随机数 {randomness} 抽定，不能重抽", f"was drawn with {randomness}"
        elif is_frozen:
            zh = "名单已冻结；请用 --randomness 和 --randomness-date 抽定月份"
            en = "is frozen; draw its months with --randomness and --randomness-date"
        else:
            zh = "名单尚未冻结；请先不带 --randomness 运行一次并公布名单哈希"
            en = "is not frozen; run it without --randomness first and publish the frame's hash"
        super().__init__(f"{year} 年巡查周期{zh}", f"The patrol cycle of {year} {en}")


class ApprovalError(CampaignError, ValueError):
    """A plan without the approval of a second person, or changed since."""


class ReportKindError(CampaignError, ValueError):
    """A report is wanted in a form that there is none of."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"报告文件 {path} 的扩展名应为 .html、.xlsx 或 .json",
            f"The report {path} must end in .html, .xlsx or .json",
        )


class NoRunError(CampaignError, LookupError):
    """No grading run to plan from."""

    def __init__(self, runs_dir: Path, *, run_id: str | None) -> None:
        super().__init__(
            f"{runs_dir} 中没有分级批次{f' {run_id}' if run_id else ''}。请先运行 xinheng score",
            f"There is no grading run{f' {run_id}' if run_id else ''} in {runs_dir}."
            " Run: xinheng score",
        )


class RunChangedError(CampaignError, ValueError):
    """The grades of a run are not the ones its manifest speaks of."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} 与批次清单中的哈希不符，请重新分级",
            f"{path} does not have the hash in the run's manifest: grade again",
        )
