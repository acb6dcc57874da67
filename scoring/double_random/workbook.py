"""The sampling list as an Excel file."""

from collections.abc import Mapping
from typing import Any

from features.workbook import Sheet, workbook_bytes

_WIDTHS = {
    "序号": 6,
    "统一社会信用代码": 22,
    "企业名称": 36,
    "地址": 44,
    "辖区": 18,
    "抽查事项": 30,
    "检查人员": 40,
    "执法证号": 30,
    "票号": 68,
}
_RESTRICTION = "本名单不含信用风险分级；分级仅供内部配置监管资源，不得作为处罚依据，不得对外公布。"


def make_workbook(sampling_list: Mapping[str, Any], *, area_names: Mapping[str, str]) -> bytes:
    """Sheets 抽查名单 (one row per visit) and 说明 (what it is, and how to check it).

    Every cell is text: a name that begins with ``=`` stays a name, a code keeps its zeros.
    `area_names` are Chinese names by GB/T 2260 code; a code without one stands alone.
    """
    rows = (_row(entry, area_names) for entry in sampling_list["objects"])
    return workbook_bytes(
        [
            Sheet("抽查名单", list(_WIDTHS), rows, _WIDTHS),
            Sheet("说明", ["项目", "内容"], _notes(sampling_list), {"项目": 18, "内容": 100}),
        ]
    )


def _row(entry: Mapping[str, Any], area_names: Mapping[str, str]) -> list[str]:
    area = entry["area_code"]
    return [
        str(entry["order"]),
        entry["uscc"],
        entry["name"],
        entry["address"],
        f"{area} {area_names.get(area, '')}".strip(),
        "；".join(entry["items"]),
        "；".join(f"{person['name']}（{person['unit']}）" for person in entry["inspectors"]),
        "；".join(person["certificate_no"] for person in entry["inspectors"]),
        entry["ticket"],
    ]


def _notes(sampling_list: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("轮次", sampling_list["round"]),
        ("抽查事项", "；".join(sampling_list["items"])),
        ("任务期", f"{sampling_list['task_from']} 至 {sampling_list['task_to']}"),
        ("抽取户数", str(len(sampling_list["objects"]))),
        ("抽样框户数", str(sampling_list["frame_rows"])),
        ("抽样框根值", sampling_list["frame_root"]),
        ("方案哈希", sampling_list["plan_hash"]),
        ("冻结时间（UTC）", sampling_list["frozen_at"]),
        ("公开随机数名称", sampling_list["randomness_name"]),
        ("公开随机数", sampling_list["randomness"]),
        ("随机数产生时间", sampling_list["randomness_at"]),
        ("种子", sampling_list["seed"]),
        ("公开声明", sampling_list["statement"]["zh"]),
        ("Statement", sampling_list["statement"]["en"]),
        ("复算票号", "printf '%s\\x1f%s' 种子 统一社会信用代码 | sha256sum"),
        ("使用限制", _RESTRICTION),
    ]
