"""What one edition of the list changes against the one before, and why."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from features.archive.files import Archive
from features.engine import Engine
from features.key_enterprises.holders import licences, of_type, registrations
from features.key_enterprises.manual import ManualDecision
from features.key_enterprises.types import KeyType

CHANGES_SCHEMA = pa.schema(
    [
        ("change", pa.string()),  # added, removed, changed
        ("enterprise_id", pa.string()),
        ("type", pa.string()),
        ("name", pa.string()),
        ("because", pa.string()),
        ("because_before", pa.string()),
        ("why", pa.string()),
    ]
)
STATUS_ZH = {
    "active": "在营",
    "dormant": "歇业",
    "revoked": "吊销",
    "annulled": "撤销",
    "deregistered": "注销",
    "moved_out": "迁出",
}
LICENCE_ZH = {"valid": "有效", "suspended": "中止", "revoked": "吊销", "cancelled": "注销"}
_KEY = ["enterprise_id", "type"]
_COMPARED = {"because": "依据", "name": "名称", "area_code": "辖区"}


def find_changes(
    before: pa.Table,
    after: pa.Table,
    *,
    engine: Engine,
    archive: Archive,
    as_of: date,
    types: Sequence[KeyType],
    manual: Sequence[ManualDecision],
) -> pa.Table:
    """Rows of :data:`CHANGES_SCHEMA`, sorted: what was added, removed, changed, and why."""
    both = before.to_pandas().merge(
        after.to_pandas(), on=_KEY, how="outer", suffixes=("_before", ""), indicator=True
    )
    kinds = {"left_only": "removed", "right_only": "added", "both": "changed"}
    both["change"] = both["_merge"].astype(str).map(kinds)
    differs = pd.DataFrame(
        {name: both[name].fillna("") != both[f"{name}_before"].fillna("") for name in _COMPARED}
    )
    both["why"] = _what_differs(differs)
    both.loc[both["change"] == "added", "why"] = "新符合：" + both["because"]
    both = both[(both["change"] != "changed") | differs.any(axis=1)].copy()
    gone = both["change"] == "removed"
    both.loc[gone, "name"] = both["name_before"]
    removed = both.loc[gone, _KEY]
    both.loc[gone, "why"] = _why_removed(
        removed, engine=engine, archive=archive, as_of=as_of, types=types, manual=manual
    ).to_numpy()
    ordered = both.sort_values(["change", *_KEY])[CHANGES_SCHEMA.names].astype(object)
    return pa.Table.from_pandas(
        ordered.where(ordered.notna(), None), schema=CHANGES_SCHEMA, preserve_index=False
    )


def _what_differs(differs: pd.DataFrame) -> pd.Series:
    told = pd.Series("", index=differs.index, dtype=object)
    for name, zh in _COMPARED.items():
        told = told + np.where(differs[name], f"{zh}变化；", "")
    return told.str.rstrip("；")


def _why_removed(
    removed: pd.DataFrame,
    *,
    engine: Engine,
    archive: Archive,
    as_of: date,
    types: Sequence[KeyType],
    manual: Sequence[ManualDecision],
) -> Any:
    """One reason a removed row, the one that comes first in law: by hand, state, licence."""
    ids = engine.memory(
        pa.table({"enterprise_id": pa.array(removed["enterprise_id"].unique(), pa.string())})
    )
    register = registrations(engine, archive, as_of=as_of).semi_join(ids, "enterprise_id")
    status = engine.to_arrow(register.select("enterprise_id", "status")).to_pandas()
    rows = removed.merge(status, on="enterprise_id", how="left")
    rows = rows.merge(_last_licences(engine, archive, ids, as_of=as_of, types=types), how="left")
    by_hand = {
        (one.enterprise_id, one.type): f"人工移出：{one.reason}（{one.approved_by}）"
        for one in manual
        if one.action == "remove" and one.decided_on <= as_of
    }
    hand = pd.Series(zip(rows["enterprise_id"], rows["type"], strict=True), dtype=object)
    closed = ~rows["status"].isin(["active", "dormant"])
    choices = [
        (hand.isin(list(by_hand)), hand.map(by_hand)),
        (~rows["type"].isin([kind.code for kind in types]), "类型清单换版，不再列入"),
        (rows["status"].isna(), "没有登记记录"),
        (closed, "登记状态：" + rows["status"].map(STATUS_ZH)),
        (rows["ended"].notna(), rows["ended"]),
    ]
    why = pd.Series("依据已不存在（行业、设备或人工列入的变化）", index=rows.index, dtype=object)
    for condition, text in reversed(choices):
        why = why.mask(condition.to_numpy(), text)
    return why


def _last_licences(
    engine: Engine, archive: Archive, ids: Any, *, as_of: date, types: Sequence[KeyType]
) -> pd.DataFrame:
    """Per enterprise and type, what became of the licence that ended last."""
    every = licences(engine, archive, as_of=as_of).semi_join(ids, "enterprise_id")
    every = engine.memory(engine.to_arrow(every))
    frames = [pd.DataFrame({"enterprise_id": [], "type": [], "ended": []}, dtype=object)]
    for kind in types:
        rows = engine.to_arrow(of_type(every, kind).order_by("valid_to")).to_pandas()
        last = rows.drop_duplicates("enterprise_id", keep="last")
        taken = "许可证 " + last["licence_no"] + " 已" + last["status"].map(LICENCE_ZH)
        expired = "许可证 " + last["licence_no"] + " 已于 " + last["valid_to"].astype(str) + " 到期"
        ended = expired.where(last["status"].isin(["valid", "suspended"]), taken)
        frames.append(
            pd.DataFrame(
                {"enterprise_id": last["enterprise_id"], "type": kind.code, "ended": ended}
            )
        )
    return pd.concat(frames, ignore_index=True)
