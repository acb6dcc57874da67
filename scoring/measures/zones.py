"""Key zones: circles on the map that an office draws, and who lies inside one.

A zone file is a CSV (UTF-8) with the columns 编号, 名称, 种类, 纬度, 经度, 半径米.
"""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

import law
from features.messages import Message
from scoring.errors import MeasuresError, refuse

FILE = "key_zones.csv"
COLUMNS = ("编号", "名称", "种类", "纬度", "经度", "半径米")
_EARTH_METRES = 6_371_008.8
_MOST_METRES = 20_000


@dataclass(frozen=True)
class KeyZone:
    """A circle of `radius_m` metres; degrees are those of the registered places."""

    zone_id: str
    name: str
    kind: str
    latitude: float
    longitude: float
    radius_m: float


def parse_zones(content: bytes) -> list[KeyZone]:
    """The zones of a file.

    Raises
    ------
    MeasuresError
        Columns are missing, or rows are faulty; all are listed.
    """
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error):
        raise MeasuresError(
            "重点区域文件不是 UTF-8 的 CSV；请另存为 CSV UTF-8",
            "the zone file is no CSV in UTF-8; save it as CSV UTF-8",
        ) from None
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    faults = [Message(f"缺少列 {name}", f"the column {name} is missing") for name in missing]
    refuse(MeasuresError, faults)
    zones = []
    for number, row in enumerate(rows, start=2):
        found, own = _zone(row, number)
        faults += own
        if found is not None:
            zones.append(found)
    known = [zone.zone_id for zone in zones]
    faults += [
        Message(f"编号 {name} 重复", f"the number {name} is given twice")
        for name in sorted({name for name in known if known.count(name) > 1})
    ]
    refuse(MeasuresError, faults)
    return zones


def read_zones(folder: Path) -> list[KeyZone]:
    """The zones of an office; none where it drew none."""
    path = folder / FILE
    return parse_zones(path.read_bytes()) if path.is_file() else []


def zone_of(
    zones: list[KeyZone],
    latitude: npt.NDArray[np.float64],
    longitude: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """Position of the nearest zone that holds each place, -1 outside all; NaN lies outside."""
    found, nearest = np.full(len(latitude), -1), np.full(len(latitude), np.inf)
    for number, zone in enumerate(zones):  # drawn by hand: few
        metres = _metres(latitude, longitude, zone)
        inside = (metres <= zone.radius_m) & (metres < nearest)
        found[inside], nearest[inside] = number, metres[inside]
    return found


def _metres(
    latitude: npt.NDArray[np.float64], longitude: npt.NDArray[np.float64], zone: KeyZone
) -> npt.NDArray[np.float64]:
    """Distance to the middle of a zone; a plane is near enough within some kilometres."""
    north = np.radians(latitude - zone.latitude)
    east = np.radians(longitude - zone.longitude) * math.cos(math.radians(zone.latitude))
    return np.asarray(_EARTH_METRES * np.hypot(north, east))


def _zone(row: dict[str, str], number: int) -> tuple[KeyZone | None, list[Message]]:
    zone_id, name, kind = ((row[column] or "").strip() for column in COLUMNS[:3])
    faults = []
    if not zone_id or not name:
        faults.append(
            Message(f"第 {number} 行缺少编号或名称", f"row {number}: number or name is missing")
        )
    kinds = law.codes("key_zone_kinds")
    if kind not in kinds:
        listed = "、".join(f"{code}（{one.zh}）" for code, one in kinds.items())
        faults.append(
            Message(
                f"第 {number} 行的种类“{kind}”未知，可用：{listed}",
                f'row {number}: the kind "{kind}" is unknown; use {", ".join(kinds)}',
            )
        )
    try:
        latitude, longitude, radius = (float(row[column]) for column in COLUMNS[3:])
    except (TypeError, ValueError):
        latitude = longitude = radius = math.nan
    fits = abs(latitude) <= 90 and abs(longitude) <= 180 and 0 < radius <= _MOST_METRES
    if not fits:
        faults.append(
            Message(
                f"第 {number} 行的纬度、经度或半径（0 至 {_MOST_METRES} 米）无效",
                f"row {number}: latitude, longitude or radius (0 to {_MOST_METRES} m) is no good",
            )
        )
    zone = None if faults else KeyZone(zone_id, name, kind, latitude, longitude, radius)
    return zone, faults
