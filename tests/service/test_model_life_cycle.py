"""Models are trained, listed, promoted and rolled back, one act after the other."""

import json
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from features.indicators import definitions_hash
from models.errors import (
    ChangedFileError,
    DefinitionsChangedError,
    ModelsError,
    RegisterError,
    UnexpectedFileError,
    UnknownKeyError,
)
from models.rating.cutoffs import CutOffs
from models.registry import artefact, signing
from models.train import train_on
from models.trained import TrainedModels
from scoring.errors import NoCutOffsError
from service.cli import main
from service.errors import NoModelError
from service.installation import MODEL_KEY
from service.model_registry import operations
from service.model_registry.errors import OtherModelError, UnknownModelError
from service.settings import Settings
from tests.models.simulated import INDICATORS, cohorts_of, small_config

AT = datetime(2026, 11, 1, 2, 0)
WHO = {"by": "李四", "reason": "比较报告 2026-11", "now": AT}
TARGET = {"A": 650, "B": 250, "C": 80, "D": 20}
CUT = CutOffs(date(2026, 10, 31), 100, 0.1, 0.2, 0.3, TARGET, TARGET)


@pytest.fixture(scope="module")
def three() -> list[TrainedModels]:
    """Three small models on simulated enterprises."""
    trained = [
        train_on(
            cohorts_of([date(2022, 12, 31)], rows=900, seed=seed),
            indicators=INDICATORS,
            config=small_config(),
            definitions=definitions_hash(),
        )
        for seed in (1, 301, 601)
    ]
    snapshot = {"archive_build": "0", "last_known": "2023-12-31", "region": "440500"}
    return [
        replace(one, scoring=replace(one.scoring, cut_offs=CUT), snapshot=snapshot)
        for one in trained
    ]


@pytest.fixture
def settings(tmp_path: Path, fresh_home: Path) -> Settings:
    shutil.copytree(fresh_home, tmp_path / "home")
    return Settings(home=tmp_path / "home")


def write(settings: Settings, one: TrainedModels, name: str) -> Path:
    key = signing.load_private(settings.keys_dir / MODEL_KEY)
    artefact.save(one, settings.models_dir / name, key=key, created_at=AT)
    return settings.models_dir / name


def trained(settings: Settings, one: TrainedModels, name: str) -> str:
    folder = write(settings, one, name)
    return operations.register_trained(settings, folder, by="张三", reason="", now=AT)


@pytest.fixture
def two(settings: Settings, three: list[TrainedModels]) -> Settings:
    """A champion ``first`` and a challenger ``second``."""
    assert trained(settings, three[0], "first") == "champion"
    assert trained(settings, three[1], "second") == "challenger"
    return settings


def states(settings: Settings) -> dict[str, str]:
    return {model.folder.name: model.state for model in operations.list_models(settings)}


def test_without_a_model_everything_says_what_to_do(settings: Settings) -> None:
    assert operations.list_models(settings) == []
    with pytest.raises(NoModelError, match="xinheng train"):
        operations.champion(settings)
    with pytest.raises(UnknownModelError, match="first"):
        operations.promote(settings, "first", **WHO)


def test_a_challenger_changes_nothing_until_it_is_promoted(two: Settings) -> None:
    assert operations.champion_folder(two).name == "first"
    done = operations.promote(two, "second", **WHO)
    assert operations.champion(two).version == done.now != done.before
    assert states(two) == {"first": "retired", "second": "champion"}
    back = operations.roll_back(two, **WHO)
    assert (back.before, back.now, back.folder.name) == (done.now, done.before, "first")
    assert states(two) == {"first": "champion", "second": "retired"}
    acts = operations.register_of(two).acts
    assert [act.act for act in acts] == ["trained", "trained", "promoted", "rolled_back"]
    assert (acts[2].by, acts[2].reason, acts[2].at) == ("李四", "比较报告 2026-11", AT.isoformat())


def test_a_model_is_found_by_folder_version_and_first_digits(two: Settings) -> None:
    version = operations.champion(two).version
    for wanted in ("first", version, version[:6], None):
        assert operations.find_model(two, wanted).name == "first"
    for wanted in (version[:3], "", "third", "../first"):
        with pytest.raises(UnknownModelError, match="second"):
            operations.find_model(two, wanted)


Spoil = Callable[[Settings, Path], None]


def change_a_byte(_: Settings, folder: Path) -> None:
    content = bytearray((folder / "calibration.json").read_bytes())
    content[10] ^= 1
    (folder / "calibration.json").write_bytes(bytes(content))


def add_a_file(_: Settings, folder: Path) -> None:
    (folder / "extra.txt").write_text("x")


def sign_by_a_stranger(_: Settings, folder: Path) -> None:
    content = (folder / "manifest.json").read_bytes()
    made = signing.sign(content, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    told = {"algorithm": "Ed25519", "key_id": made.key_id, "signature": made.value}
    (folder / "manifest.sig").write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (change_a_byte, ChangedFileError),
        (add_a_file, UnexpectedFileError),
        (sign_by_a_stranger, UnknownKeyError),
    ],
)
def test_a_spoilt_model_is_listed_as_refused_and_never_promoted(
    two: Settings, spoil: Spoil, error: type[ModelsError]
) -> None:
    spoil(two, two.models_dir / "second")
    listed = {model.folder.name: model for model in operations.list_models(two)}
    assert isinstance(listed["second"].fault, error)
    assert listed["first"].fault is None
    before = (two.models_dir / operations.REGISTER).read_bytes()
    with pytest.raises(error) as refused:
        operations.promote(two, "second", **WHO)
    assert refused.value.zh != refused.value.en
    assert (two.models_dir / operations.REGISTER).read_bytes() == before


def test_other_definitions_missing_cut_offs_and_missing_words_are_refused(
    two: Settings, three: list[TrainedModels]
) -> None:
    write(two, replace(three[2], definitions_hash="b" * 64), "other")
    bare = replace(three[2], scoring=replace(three[2].scoring, cut_offs=None))
    write(two, bare, "bare")
    with pytest.raises(DefinitionsChangedError):
        operations.promote(two, "other", **WHO)
    with pytest.raises(NoCutOffsError):
        operations.promote(two, "bare", **WHO)
    with pytest.raises(RegisterError, match="in use already"):
        operations.promote(two, "first", **WHO)
    for words in ({"by": ""}, {"reason": "  "}):
        with pytest.raises(RegisterError, match="--by"):
            operations.promote(two, "second", **(WHO | words))
    assert operations.champion_folder(two).name == "first"
    assert states(two)["other"] == "unregistered"


def test_roll_back_works_from_a_damaged_model_but_not_to_one(two: Settings) -> None:
    operations.promote(two, "second", **WHO)
    change_a_byte(two, two.models_dir / "second")
    with pytest.raises(ChangedFileError):
        operations.champion(two)
    change_a_byte(two, two.models_dir / "first")
    with pytest.raises(ChangedFileError):
        operations.roll_back(two, **WHO)
    change_a_byte(two, two.models_dir / "first")  # the same bit again: whole as before
    assert operations.roll_back(two, **WHO).folder.name == "first"


def test_an_exchanged_folder_is_noticed(two: Settings) -> None:
    """Both folders are genuine; the register says which one is in use."""
    shutil.rmtree(two.models_dir / "first")
    shutil.copytree(two.models_dir / "second", two.models_dir / "first")
    with pytest.raises(OtherModelError, match="first"):
        operations.champion(two)


def test_a_changed_register_stops_everything(two: Settings) -> None:
    path = two.models_dir / operations.REGISTER
    path.write_bytes(path.read_bytes().replace("张三".encode(), "王五".encode(), 1))
    for act in (
        lambda: operations.champion(two),
        lambda: operations.list_models(two),
        lambda: operations.promote(two, "second", **WHO),
    ):
        with pytest.raises(RegisterError, match="line 1"):
            act()


def test_two_people_at_once_leave_one_chain(two: Settings, three: list[TrainedModels]) -> None:
    trained(two, three[2], "third")
    faults: list[Exception] = []

    def act(name: str) -> None:
        try:
            operations.promote(two, name, by=name, reason="同时", now=AT)
        except RegisterError as fault:  # the other one was quicker with the same model
            faults.append(fault)

    threads = [threading.Thread(target=act, args=(name,)) for name in ("second", "third") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    acts = operations.register_of(two).acts
    assert len(acts) + len(faults) == 3 + 6
    for before, after in pairwise(acts[3:]):
        assert after.replaced == before.version


def test_killed_before_the_rename_leaves_the_register_as_it_was(
    two: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    before = (two.models_dir / operations.REGISTER).read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            operations.promote(two, "second", **WHO)
    assert (two.models_dir / operations.REGISTER).read_bytes() == before
    assert operations.champion_folder(two).name == "first"
    assert operations.promote(two, "second", **WHO).folder.name == "second"


def run(monkeypatch: pytest.MonkeyPatch, settings: Settings, *arguments: str) -> int:
    monkeypatch.setenv("XINHENG_HOME", str(settings.home))
    monkeypatch.setattr(sys, "argv", ["xinheng", "model", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_the_commands_tell_what_they_did(
    two: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, two, "promote", "second") == 2
    assert "--by" in capsys.readouterr().err
    assert run(monkeypatch, two, "promote", "second", "--by", "李四", "--reason", "更准") == 0
    assert "已启用" in capsys.readouterr().out
    assert run(monkeypatch, two, "list") == 0
    listed = capsys.readouterr().out
    assert "在用 champion" in listed
    assert "更准" in listed
    assert run(monkeypatch, two, "show", "first") == 0
    assert "停用 retired" in capsys.readouterr().out
    assert run(monkeypatch, two, "rollback", "--by", "李四", "--reason", "误报") == 0
    assert "（first）" in capsys.readouterr().out


def test_the_card_is_exported_in_every_form(
    two: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for form in ("json", "html", "xlsx", "sql"):
        out = tmp_path / f"card.{form}"
        assert run(monkeypatch, two, "export", "--format", form, "--out", str(out)) == 0
    assert "general_log_odds" in (tmp_path / "card.sql").read_text("utf-8")
    assert "近24个月处罚次数" in (tmp_path / "card.html").read_text("utf-8")
    rows = list(
        openpyxl.load_workbook(tmp_path / "card.xlsx")["评分表"].iter_rows(values_only=True)
    )
    assert rows[0][:2] == ("指标", "indicator")
    bins = [row for row in rows if row[2] == "penalties_24m"]
    assert bins[0][4] == "≤ 0 个（次）"
    assert bins[-1][4] == "缺失 missing"
    assert sum(row[6] for row in bins) == pytest.approx(1, abs=1e-3)
    assert all(isinstance(row[5], int | float) for row in bins)
    assert run(monkeypatch, two, "export", "--format", "pdf") == 2
    assert "xlsx" in capsys.readouterr().err
