"""Folders and files that appear whole, once, and under one writer's name."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.campaigns.store import create_folder, create_once, read_files, replace_folder


def test_of_many_writers_one_makes_the_folder(tmp_path: Path) -> None:
    def attempt(number: int) -> bool:
        try:
            create_folder(tmp_path / "round", {"a": b"%d" % number, "b": b"%d" % number})
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(attempt, range(8)))
    assert made.count(True) == 1
    files = read_files(tmp_path / "round")
    assert files == dict.fromkeys("ab", b"%d" % made.index(True))
    assert [path.name for path in tmp_path.iterdir()] == ["round"]


def test_of_two_writers_one_makes_the_file(tmp_path: Path) -> None:
    create_once(tmp_path / "draw.json", b"first")
    with pytest.raises(FileExistsError):
        create_once(tmp_path / "draw.json", b"second")
    assert read_files(tmp_path) == {"draw.json": b"first"}
    assert [path.name for path in tmp_path.iterdir()] == ["draw.json"]


def test_a_replaced_folder_holds_the_new_files_only(tmp_path: Path) -> None:
    replace_folder(tmp_path / "draft", {"a": b"1", "old": b"1"})
    replace_folder(tmp_path / "draft", {"a": b"2"})
    assert read_files(tmp_path / "draft") == {"a": b"2"}
    assert [path.name for path in tmp_path.iterdir()] == ["draft"]


def test_temporary_files_of_a_killed_writer_are_not_read(tmp_path: Path) -> None:
    (tmp_path / ".draw.json.half").write_bytes(b"{")
    assert read_files(tmp_path) == {}
