"""What commands print fits the terminal, Chinese characters counted as two."""

import pytest
from rich.cells import cell_len

from service.cli.screen import fold


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("登记事项=变更；登记状态=在营；", ["登记事项=变更；", "登记状态=在营；"]),
        ("罚款（元）=1,200,000.00；", ["罚款（元）=1,200,000", ".00；"]),
        ("制造业 1821；辖区=龙湖区", ["制造业 1821；", "辖区=龙湖区"]),
        ("一行\n另一行", ["一行", "另一行"]),
        ("汕头市龙湖区衡山路模拟号", ["汕头市龙湖区衡山路模", "拟号"]),
    ],
)
def test_a_text_is_folded_between_its_parts(text: str, lines: list[str]) -> None:
    assert fold(text, 20) == lines
    assert max(cell_len(line) for line in lines) <= 20
