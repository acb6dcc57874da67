"""Regions by GB/T 2260: six digits, two each for province, city and county."""

import re

from law.errors import RegionError

NATIONWIDE = "000000"
_CODE = re.compile(r"[0-9]{6}")


def is_region(code: object) -> bool:
    return isinstance(code, str) and _CODE.fullmatch(code) is not None


def widening(code: str) -> tuple[str, ...]:
    """The region and those that contain it, narrowest first, ending nationwide.

    Examples
    --------
    >>> widening("440507")
    ('440507', '440500', '440000', '000000')

    Raises
    ------
    RegionError
        The code is not six digits.
    """
    if not is_region(code):
        raise RegionError(
            f"地区代码 {code!r} 无效，请用六位行政区划代码（如 440500，全国为 000000）",
            f"region {code!r} is not a GB/T 2260 code of six digits, such as 440500; "
            "000000 is nationwide",
        )
    chain = (code, f"{code[:4]}00", f"{code[:2]}0000", NATIONWIDE)
    return tuple(dict.fromkeys(chain))
