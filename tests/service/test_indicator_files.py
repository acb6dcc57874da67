"""`xinheng indicators --out`: the catalogue as the committed files."""

import sys
from pathlib import Path

import pytest

from service.cli import main

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("suffix", [".md", ".xlsx"])
def test_the_committed_file_is_written(
    suffix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert _run(monkeypatch, tmp_path / f"new/out{suffix}") == 0
    written = (tmp_path / f"new/out{suffix}").read_bytes()
    committed = (DOCS / f"indicators{suffix}").read_bytes()
    # An Excel file's compressed bytes depend on the library; its cells are compared elsewhere.
    assert written == committed if suffix == ".md" else written[:2] == committed[:2] == b"PK"


def test_another_ending_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, tmp_path / "out.csv") == 2
    told = capsys.readouterr().err
    assert "文件名须以" in told
    assert list(tmp_path.iterdir()) == []


def _run(monkeypatch: pytest.MonkeyPatch, out: Path) -> int:
    monkeypatch.setattr(sys, "argv", ["xinheng", "indicators", "--out", str(out)])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)
