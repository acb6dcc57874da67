"""Register, licence system and list side by side: where they disagree."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from features.archive.files import Archive
from features.engine import Engine
from features.key_enterprises.changes import LICENCE_ZH, STATUS_ZH
from features.key_enterprises.holders import in_industry, licences, of_type, registrations
from features.key_enterprises.rules import build_key_list
from features.key_enterprises.types import KeyType, key_types
from features.workbook import Sheet, workbook_bytes

FINDINGS = {
    "missing_in_list": ("应列未列", "found by the rules, not in the list"),
    "listed_without_licence": ("在清单而无有效许可", "on the list without a valid licence"),
    "licence_of_closed": ("已注销等主体仍持有效许可", "valid licence of a closed enterprise"),
    "licence_unregistered": ("有许可而无登记", "valid licence without registration"),
    "industry_unlicensed": ("行业属重点领域而无许可", "industry of a key area without licence"),
}
_COLUMNS = ["enterprise_id", "type", "name", "status", "licence_no", "industry_code", "detail"]
_HEADERS = ["统一社会信用代码", "类型", "名称", "登记状态", "许可证编号", "行业代码", "说明"]


def reconcile(
    engine: Engine,
    archive: Archive,
    *,
    as_of: date,
    listed: pa.Table,
    types: Sequence[KeyType] | None = None,
) -> dict[str, pd.DataFrame]:
    """Where register, licences and list disagree as of a day.

    Parameters
    ----------
    listed
        The list to hold against them, as an edition has it.

    Returns
    -------
    By the names of :data:`FINDINGS`: one row per (enterprise, type, licence where it is about
    one), with name, status, licence number, industry and a sentence; sorted.
    """
    types = key_types(on=as_of) if types is None else types
    register = registrations(engine, archive, as_of=as_of)
    every = licences(engine, archive, as_of=as_of)
    held = engine.memory(engine.to_arrow(every.filter(every.is_valid)))
    valid = _typed([of_type(held, kind) for kind in types], types)
    table = engine.memory(listed)
    ruled = engine.memory(build_key_list(engine, archive, as_of=as_of, types=types))
    key = ["enterprise_id", "type"]
    known = register.select("enterprise_id", "name", "status", "industry_code", "is_open")
    holders = valid.select("enterprise_id", "type", "licence_no").left_join(known, "enterprise_id")
    by_industry = _typed([in_industry(known, kind) for kind in types], types)
    licensed_types = [kind.code for kind in types if kind.licence_kind is not None]
    bare = table.filter(table.type.isin(licensed_types)).select(key)
    found = {
        "missing_in_list": ruled.anti_join(table, key).select(*key, detail="because"),
        "listed_without_licence": bare.anti_join(valid, key),
        "licence_of_closed": holders.filter(~holders.is_open).select(*key, "licence_no"),
        "licence_unregistered": holders.anti_join(known, "enterprise_id").select(
            *key, "licence_no"
        ),
        "industry_unlicensed": by_industry.filter(by_industry.is_open)
        .anti_join(held, "enterprise_id")
        .select(key),
    }
    reports = {
        name: engine.to_arrow(_described(rows, known)).to_pandas() for name, rows in found.items()
    }
    last = _last_licence(engine, every, reports["listed_without_licence"])
    reports["listed_without_licence"] = last
    return reports


def reconciliation_workbook(
    reports: dict[str, pd.DataFrame], *, as_of: date, edition: int
) -> bytes:
    """A sheet of counts and one sheet a finding."""
    names = {kind.code: kind.zh for kind in key_types(on=as_of)}
    counts = [
        [zh, en, len(reports[name]), reports[name]["enterprise_id"].nunique()]
        for name, (zh, en) in FINDINGS.items()
    ]
    head = Sheet(
        "汇总",
        [f"截至 {as_of}，清单第 {edition} 版", "English", "行数", "主体数"],
        counts,
        {"English": 44},
    )
    widths = {"名称": 32, "类型": 28, "统一社会信用代码": 22, "许可证编号": 22, "说明": 40}
    sheets = [
        Sheet(FINDINGS[name][0], _HEADERS, _told(rows, names), widths)
        for name, rows in reports.items()
    ]
    return workbook_bytes([head, *sheets])


def _typed(tables: Sequence[Any], types: Sequence[KeyType]) -> Any:
    named = [
        rows.mutate(type=ibis.literal(kind.code)) for rows, kind in zip(tables, types, strict=True)
    ]
    return ibis.union(*named) if len(named) > 1 else named[0]


def _described(rows: Any, known: Any) -> Any:
    """Rows with the register's columns and the same columns everywhere."""
    joined = rows.left_join(known, "enterprise_id")
    for name in ("licence_no", "detail"):
        if name not in joined.columns:
            joined = joined.mutate(**{name: ibis.null("string")})
    return joined.select(_COLUMNS).order_by(["enterprise_id", "type", "licence_no"])


def _last_licence(engine: Engine, every: Any, rows: pd.DataFrame) -> pd.DataFrame:
    """Listed enterprises without a valid licence, told which licence they had last."""
    ids = engine.memory(
        pa.table({"enterprise_id": pa.array(rows["enterprise_id"].unique(), pa.string())})
    )
    had = engine.to_arrow(every.semi_join(ids, "enterprise_id").order_by("valid_to")).to_pandas()
    had = had.drop_duplicates("enterprise_id", keep="last").set_index("enterprise_id")
    told = had["status"].map(LICENCE_ZH) + "，有效期至 " + had["valid_to"].astype(str)
    return rows.assign(
        licence_no=rows["enterprise_id"].map(had["licence_no"]),
        detail=rows["enterprise_id"].map(told).fillna("没有任何许可记录"),
    )


def _told(rows: pd.DataFrame, types: dict[str, str]) -> list[list[Any]]:
    plain = rows.assign(
        type=rows["type"].map(types).fillna(rows["type"]), status=rows["status"].map(STATUS_ZH)
    ).astype(object)
    return plain.where(plain.notna(), None).to_numpy().tolist()
