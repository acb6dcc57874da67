"""The key-supervision list: proposals, acts by persons, editions that stay, notices."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.errors import KeySupervisionError
from scoring.key_supervision import (
    CONFIRM,
    KEEP,
    LEAVE,
    NOTIFY,
    REJECT,
    SERVE,
    Act,
    append_acts,
    due_for_review,
    fold,
    key_supervision_workbook,
    last_edition,
    listed,
    notice_page,
    propose_objects,
    read_acts,
)
from scoring.measures import Facts, GradedRun, LawReader
from tests.scoring.measures.test_plan import make_run

DAY, REVIEW = date(2026, 11, 1), date(2027, 11, 1)
CASES = [{"grade": "D", "is_food": True}, {"grade": "A"}, {"grade": "D"}, {"status": "revoked"}]


def propose(folder: Path, run: GradedRun) -> list[Act]:
    reader = LawReader(run.as_of, region=run.region)
    rules = reader.rules("measures.key_supervision_rules")
    facts = Facts({rule.indicator: np.zeros(len(run.ids)) for rule in rules})
    facts.values["on_serious_violation_list"][1] = 1
    acts = propose_objects(
        run,
        facts,
        fold(read_acts(folder)),
        table=reader.value("measures.supervision"),
        rules=rules,
        reader=reader,
        by="系统",
    )
    return append_acts(folder, acts) if acts else []


def act(kind: str, who: str, **other: Any) -> Act:
    filled = {"reason": "核实", "office": "食品科", "measures": "每年检查 2 次"} | other
    if kind in (CONFIRM, KEEP):
        filled.setdefault("review_on", REVIEW)
    return Act(kind, who, DAY, filled.pop("by", "张三"), **filled)


def test_grade_and_event_propose_and_nobody_twice(tmp_path: Path) -> None:
    run = make_run(CASES)
    acts = propose(tmp_path, run)
    assert [(one.enterprise_id, one.items) for one in acts] == [
        ("模拟0", ("food",)),
        ("模拟1", ("other",)),
        ("模拟2", ("other",)),
    ]
    assert "严重违法失信名单" in acts[1].causes[0]
    assert propose(tmp_path, run) == []
    append_acts(tmp_path, [act(REJECT, "模拟2")])
    assert propose(tmp_path, run) == []


def test_editions_stay_as_they_were(tmp_path: Path) -> None:
    propose(tmp_path, make_run(CASES))
    append_acts(tmp_path, [act(CONFIRM, "模拟0"), act(CONFIRM, "模拟1")])
    append_acts(tmp_path, [act(LEAVE, "模拟0", reason="情形消除")])
    append_acts(tmp_path, [act(CONFIRM, "模拟2")])
    acts = read_acts(tmp_path)
    assert last_edition(acts) == 3
    assert [sorted(listed(fold(acts, edition=number))) for number in (1, 2, 3)] == [
        ["模拟0", "模拟1"],
        ["模拟1"],
        ["模拟1", "模拟2"],
    ]
    assert key_supervision_workbook(fold(acts), acts, edition=3).startswith(b"PK")


def test_a_review_is_due_and_keeping_moves_it(tmp_path: Path) -> None:
    propose(tmp_path, make_run(CASES))
    append_acts(tmp_path, [act(CONFIRM, "模拟0"), act(CONFIRM, "模拟1")])
    objects = fold(read_acts(tmp_path))
    assert list(due_for_review(objects, by=REVIEW)) == ["模拟0", "模拟1"]
    assert not due_for_review(objects, by=date(2027, 10, 31))
    append_acts(tmp_path, [act(KEEP, "模拟0", review_on=date(2028, 11, 1))])
    assert list(due_for_review(fold(read_acts(tmp_path)), by=REVIEW)) == ["模拟1"]


def test_the_notice_tells_no_grade_and_warns_of_unconfirmed_law(tmp_path: Path) -> None:
    propose(tmp_path, make_run(CASES))
    append_acts(tmp_path, [act(CONFIRM, "模拟0", measures="<b>每年</b>")])
    append_acts(tmp_path, [act(NOTIFY, "模拟0", notice_no="ZDJG-2026-0001")])
    append_acts(
        tmp_path,
        [act(SERVE, "模拟0", notice_no="ZDJG-2026-0001", method="直接送达", receiver="李四")],
    )
    one = fold(read_acts(tmp_path))["模拟0"]
    page = notice_page(one, notice_no="ZDJG-2026-0001", day="2026-11-01").decode()
    assert "D" not in page.split("<table>")[1].replace("ZDJG", "")
    assert "待法制审核" in page
    assert "&lt;b&gt;" in page
    served = one.last(SERVE)
    assert served is not None
    assert served.receiver == "李四"


@pytest.mark.parametrize(
    ("kind", "who", "fault"),
    [
        (CONFIRM, "模拟0", {"by": ""}),
        (CONFIRM, "模拟0", {"reason": ""}),
        (CONFIRM, "模拟0", {"office": ""}),
        (CONFIRM, "模拟0", {"measures": " "}),
        (CONFIRM, "无此企业", {}),
        (LEAVE, "模拟0", {}),
        (NOTIFY, "模拟0", {}),
        (SERVE, "模拟1", {"method": "", "receiver": ""}),
        (CONFIRM, "模拟1", {}),
    ],
)
def test_an_act_out_of_order_or_unsigned_leaves_the_register_as_it_was(
    tmp_path: Path, kind: str, who: str, fault: dict[str, Any]
) -> None:
    propose(tmp_path, make_run(CASES))
    append_acts(tmp_path, [act(CONFIRM, "模拟1")])
    before = read_acts(tmp_path)
    with pytest.raises(KeySupervisionError) as caught:
        append_acts(tmp_path, [act(kind, who, **fault)])
    assert caught.value.zh
    assert caught.value.en
    assert read_acts(tmp_path) == before
