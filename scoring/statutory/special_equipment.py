"""Key units of special equipment, and the grade that stands for a class of unit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.statutory.arrays import levels
from scoring.statutory.hits import Hits
from scoring.statutory.rules import EquipmentRules

KEY, ORDINARY = "key", "ordinary"
CLASS_WORDS = {KEY: "重点单位 key unit", ORDINARY: "一般单位 ordinary unit"}
LIST_WORDS = {"routine": "常规检查重点 art. 9", "licence": "证后检查重点 art. 16"}
# Which list of Order 57 judges whom: art. 9 users of equipment, art. 16 licensed producers.
_JUDGED_BY = {"routine": "units_in_use", "licence": "has_valid_equipment_licence"}


@dataclass(frozen=True)
class EquipmentClasses:
    """Classes of n enterprises; null where an enterprise neither uses nor makes equipment.

    ``grade`` is a number (:mod:`scoring.statutory.arrays`).
    """

    unit_class: pa.Array
    grade: npt.NDArray[np.int64]
    items: list[pa.Table]


def classify_units(matrix: pa.Table, hits: Hits, *, rules: EquipmentRules) -> EquipmentClasses:
    """Class every user of special equipment in use and every holder of a valid licence.

    Parameters
    ----------
    matrix
        ``units_in_use`` and ``has_valid_equipment_licence``, row by row with `hits`.

    References
    ----------
    特种设备安全监督检查办法 (Order 57) arts 9, 16.
    """
    judged = {
        name: np.nan_to_num(matrix[column].to_numpy()) > 0 for name, column in _JUDGED_BY.items()
    }
    is_key = np.zeros(hits.rows, dtype=bool)
    items = []
    for rule in rules.key_units:
        listed = hits.holds(rule) & judged[rule.list_name]
        is_key |= listed
        items.append(hits.items(rule, listed, result=rule.list_name))
    belongs = np.logical_or.reduce(list(judged.values()))
    which = np.where(belongs, np.where(is_key, 2, 1), 0)
    grades = np.array(["", rules.class_grades[ORDINARY], rules.class_grades[KEY]])
    unit_class = pa.array([None, ORDINARY, KEY]).take(pa.array(which))
    return EquipmentClasses(unit_class, levels(grades)[which], items)
