"""Small populations with known probabilities, as a run stores them."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models.rating.cutoffs import CutOffs
from scoring.grading import GradeInputs, Rules, decide_grades

CUT_OFFS = CutOffs(date(2026, 10, 31), 100, 0.1, 0.3, 0.6, {}, {})
RULES = Rules.of(date(2026, 10, 31), region="440500")


def profile_of(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """The facts that rules of grading ask; an established enterprise with a history by default."""
    plain = {
        "status": "active",
        "on_serious_violation_list": False,
        "months_since_established": 60,
        "has_history": True,
        "name": "企业",
        "area_code": "440507",
        "industry_code": "6210",
        "registered_capital_cny": 2e6,
        "reasons": [],
        "points": 500,
    }
    return pa.Table.from_pylist([plain | row for row in rows])


@pytest.fixture
def graded() -> Callable[..., pa.Table]:
    """Grades of a run from ids and probabilities."""

    def make(
        probability: dict[str, float], *, inputs: GradeInputs | None = None, **more: list[Any]
    ) -> pa.Table:
        rows = [
            {"enterprise_id": one, **{name: values[place] for name, values in more.items()}}
            for place, one in enumerate(probability)
        ]
        table = profile_of(rows)
        values = np.array(list(probability.values()))
        decided = decide_grades(values, table, cut_offs=CUT_OFFS, rules=RULES, inputs=inputs)
        for name, column in decided.columns().items():
            table = table.append_column(name, column)
        return table.append_column("probability", pa.array(values))

    return make
