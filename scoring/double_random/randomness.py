"""Is a string of public randomness strong enough, late enough, and the one that was announced?

Strength is counted in whole numbers: `alphabet ** symbols >= 2 ** bits`. What counts as alphabet
and symbol is written down in docs/draw.md, and errs towards less:

- digits: ten symbols (ten-sided dice, 福彩3D, 排列5), so 64 bits need 20 digits;
- only 1 to 6: six-sided dice, so 25 rolls; only 0 and 1, or any four or fewer different symbols:
  as many symbols as there are different ones;
- a group of exactly two digits between separators is a ball of a number lottery and counts as one
  digit: seven balls of 双色球 hold 24.1 bits, seven digits 23.3;
- hexadecimal digits with at least one letter: sixteen symbols;
- a string that repeats itself holds no more than its first period.
"""

import re
from datetime import datetime, timedelta, timezone

from features.messages import Message
from scoring.errors import RandomnessError, refuse

OFFICE_ZONE = timezone(timedelta(hours=8))  # China has one time zone and no summer time

_ALLOWED = re.compile(r"[0-9A-Fa-f]+(?:[ ,./:;|-]+[0-9A-Fa-f]+)*[./;]*")
_GROUP = re.compile(r"[0-9A-Fa-f]+")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?)?")
_DAY_IN_NAME = re.compile(r"(\d{4})[年/.-](\d{1,2})[月/.-](\d{1,2})")
_FEW_SYMBOLS = 4


def strength_bits(randomness: str) -> int:
    """Whole bits of randomness that the string may hold by the documented count."""
    symbols = "".join(
        group[:1] + group[2:] if len(group) == 2 and group.isdigit() else group
        for group in _GROUP.findall(randomness)
    ).lower()
    whole = "".join(_GROUP.findall(randomness)).lower()
    size = _alphabet_size(whole)
    return int(size ** min(len(symbols), _period(whole))).bit_length() - 1


def same_randomness(one: str, other: str) -> bool:
    """The same digits, however separated or written in capitals."""
    return "".join(_GROUP.findall(one)).lower() == "".join(_GROUP.findall(other)).lower()


def read_instant(text: str) -> datetime:
    """The instant of a randomness in China: a day (its first moment) or a day and a time.

    Raises
    ------
    RandomnessError
        The text is neither ``2026-11-30`` nor ``2026-11-30T21:15``, or no such day exists.
    """
    try:
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=OFFICE_ZONE)
    except ValueError:
        pass
    raise RandomnessError(
        f"随机数日期 {text!r} 无法识别，应为 2026-11-30 或 2026-11-30T21:15（北京时间）",
        f"The date of the randomness, {text!r}, must be like 2026-11-30 or 2026-11-30T21:15"
        " (China time)",
    )


def check_randomness(
    randomness: object,
    *,
    name: str,
    at: datetime,
    announced_name: str,
    frozen_at: datetime,
    drawn_at: datetime,
    minimum_bits: int,
) -> str:
    """Return the randomness, or refuse it with every reason.

    Raises
    ------
    RandomnessError
        Not a string; foreign characters; too weak; another source than announced; not later than
        the freeze (a day without a time counts from its first minute); later than the draw.
    """
    if not isinstance(randomness, str):
        raise RandomnessError(
            f"随机数须为字符串，实为 {type(randomness).__name__}；数字类型会丢失前导零和末位",
            f"The randomness must be a string, not {type(randomness).__name__}: a number loses"
            " leading zeros and last digits",
        )
    faults = [
        *_strength_faults(randomness, minimum_bits=minimum_bits),
        *_source_faults(name, announced_name=announced_name, at=at),
        *_time_faults(at, frozen_at=frozen_at, drawn_at=drawn_at),
    ]
    refuse(RandomnessError, faults)
    return randomness


def check_announcement(name: str, *, frozen_at: datetime) -> None:
    """The announced randomness must lie in the future of the freeze, where its name says a day.

    Raises
    ------
    RandomnessError
        The name is blank or every day in it is over.
    """
    if not name.strip():
        raise RandomnessError(
            "冻结前须写明将使用的公开随机数的名称，例如 2026年11月30日福彩3D开奖号码",
            "Name the public randomness that will be used before freezing",
        )
    days = _days_in(name)
    if days and max(days) < frozen_at.astimezone(OFFICE_ZONE).date().isoformat():
        raise RandomnessError(
            f"公开随机数「{name}」的日期早于冻结日，结果可能已为人所知，请改用将来的随机数",
            f"The announced randomness, {name!r}, lies before the freeze and may be known; announce"
            " a later one",
        )


def _strength_faults(randomness: str, *, minimum_bits: int) -> list[Message]:
    if not _ALLOWED.fullmatch(randomness):
        return [
            Message(
                f"随机数 {randomness!r} 含不允许的字符：只可用半角数字、十六进制字母"
                "和分隔符 空格 , . / : ; | -",
                f"The randomness {randomness!r} may hold half-width digits, hexadecimal letters and"
                " the separators blank , . / : ; | -",
            )
        ]
    bits = strength_bits(randomness)
    if bits >= minimum_bits:
        return []
    return [
        Message(
            f"随机数 {randomness!r} 只有 {bits} 比特，不足 {minimum_bits} 比特；"
            "请掷十面骰子 20 次以上（建议 25 次）",
            f"The randomness {randomness!r} holds {bits} bits, {minimum_bits} are needed: roll"
            " ten-sided dice 20 times or more (25 are advised)",
        )
    ]


def _source_faults(name: str, *, announced_name: str, at: datetime) -> list[Message]:
    faults: list[Message] = []
    if name != announced_name:
        faults.append(
            Message(
                f"随机数来源「{name}」与冻结时公布的「{announced_name}」不同",
                f"The source {name!r} is not the one announced at the freeze, {announced_name!r}",
            )
        )
    days = _days_in(announced_name)
    if days and at.astimezone(OFFICE_ZONE).date().isoformat() < max(days):
        faults.append(
            Message(
                f"随机数日期 {at:%Y-%m-%d} 早于公布的来源「{announced_name}」",
                f"The randomness is dated {at:%Y-%m-%d}, before the announced {announced_name!r}",
            )
        )
    return faults


def _time_faults(at: datetime, *, frozen_at: datetime, drawn_at: datetime) -> list[Message]:
    if at <= frozen_at:
        frozen = frozen_at.astimezone(OFFICE_ZONE)
        return [
            Message(
                f"随机数产生于 {at:%Y-%m-%d %H:%M:%S}，不晚于冻结时间 {frozen:%Y-%m-%d %H:%M:%S}"
                "（北京时间；只写日期按当日零时计，同日产生的须写明时刻）",
                f"The randomness of {at:%Y-%m-%d %H:%M:%S} is not later than the freeze at"
                f" {frozen:%Y-%m-%d %H:%M:%S} (China time; a day alone counts from midnight, so"
                " give the time when it is the same day)",
            )
        ]
    if at > drawn_at:
        return [
            Message(
                f"随机数日期 {at:%Y-%m-%d %H:%M} 在未来",
                f"The randomness is dated {at:%Y-%m-%d %H:%M}, which has not come yet",
            )
        ]
    return []


def _alphabet_size(symbols: str) -> int:
    different = len(set(symbols))
    if different <= _FEW_SYMBOLS:
        return different
    if set(symbols) <= set("123456"):
        return len("123456")
    return 10 if symbols.isdigit() else 16


def _period(symbols: str) -> int:
    # Where the string first fits onto itself again inside its own double.
    half = len(symbols) // 2
    for step in range(1, half + 1):
        if symbols.startswith(symbols[step:]):
            return step
    return len(symbols)


def _days_in(name: str) -> list[str]:
    return [f"{int(y):04}-{int(m):02}-{int(d):02}" for y, m, d in _DAY_IN_NAME.findall(name)]
