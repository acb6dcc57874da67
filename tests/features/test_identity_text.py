"""Spellings of names and addresses that mean the same, and those that do not."""

import pyarrow as pa
import pytest

from features.identity.addresses import split_addresses
from features.identity.names import NameParts, split_names
from features.identity.rules import identity_rules
from features.identity.temporary import temporary_ids


def parts(*names: str) -> NameParts:
    return split_names(pa.array(names), rules=identity_rules())


@pytest.mark.parametrize(
    "spelling",
    [
        "鸿泰食品有限责任公司",
        "汕頭市鴻泰食品有限公司",
        "广东省汕头市 鸿泰食品　有限公司。",
        "鸿泰食品（汕头）有限公司",
        "【汕头市】鸿泰食品有限公司",
        "汕头市（模拟）鸿泰食品有限公司",
        "〔广东〕鸿泰食品<有限>公司",
    ],
)
def test_spellings_of_one_name_have_one_core(spelling: str) -> None:
    found = parts("汕头市鸿泰食品有限公司", spelling)
    assert found.core.to_pylist() == ["鸿泰食品"] * 2
    assert found.form.to_pylist() == ["limited"] * 2


def test_what_tells_enterprises_apart_stays_apart() -> None:
    found = parts(
        "汕头市鸿泰食品股份有限公司",
        "汕头市鸿泰食品有限公司龙湖分公司",
        "汕头市潮阳区鸿泰食品店（个体工商户）",
        "广州市鸿泰食品有限公司",
        "汕头有限公司",
    )
    assert found.form.to_pylist() == ["joint_stock", "limited", "", "limited", "limited"]
    assert found.branch.to_pylist() == ["", "龙湖分公司", "", "", ""]
    assert found.district.to_pylist() == ["", "", "潮阳区", "", ""]
    assert found.core.to_pylist()[3:] == ["广州市鸿泰食品", "汕头有限公司"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("广东省汕头市龙湖区长平路12号", "长平路十二号"),
        ("龙湖区龙祥街道长平路１２號之３", "长平路12-3号"),
        ("长平路12号-3", "长平路12号之三"),
        ("中山一路一百零五号二楼", "中山1路105号2层"),
        ("长平路模拟3号（集群注册）", "长平路模拟3号"),
        ("长平路8号3幢二0一房", "长平路8号3栋201室"),
    ],
)
def test_spellings_of_one_address(first: str, second: str) -> None:
    found = split_addresses(pa.array([first, second]))
    assert len(set(found.text.to_pylist())) == 1
    assert len(set(found.key.to_pylist())) == 1


def test_house_numbers_are_told_apart() -> None:
    found = split_addresses(pa.array(["长平路12号", "长平路21号", "无门牌"]))
    assert found.house.to_pylist() == ["12", "21", ""]


def test_temporary_identities_level_spelling_only() -> None:
    names = pa.array(["阿明 小吃店", "阿明小吃店", "龙湖区阿明小吃店", "阿明小吃店"])
    addresses = pa.array(["長平路1號", "长平路１号", "长平路1号", ""])
    ids = temporary_ids(names, addresses, pa.array([""] * 4)).to_pylist()
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert all(one.startswith("~") and len(one) == 25 for one in ids)
