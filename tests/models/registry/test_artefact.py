"""A model is written whole and read only as it was signed."""

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from models.errors import (
    ArtefactExistsError,
    ArtefactMissingError,
    ChangedFileError,
    DefinitionsChangedError,
    UnexpectedFileError,
    UnknownKeyError,
)
from models.rating.cutoffs import choose_cut_offs
from models.rating.scoring_model import Scores
from models.registry.artefact import MANIFEST, SIGNATURE, load, read_manifest, save
from models.registry.signing import key_id
from models.trained import TrainedModels
from tests.models.simulated import matrix_of, profile_of, values_of

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
CREATED = datetime(2026, 10, 31, 2, 0, tzinfo=UTC)
HASH = "a" * 64
FILES = {
    "scorecard.json",
    "general.txt",
    "food.txt",
    "special_equipment.txt",
    "calibration.json",
    "indicators.json",
    "sectors.json",
    "grades.json",
    "model_card.md",
    "model_card.html",
    "manifest.json",
    "manifest.sig",
}


def trusting(key: Ed25519PrivateKey) -> dict[str, Ed25519PublicKey]:
    return {key_id(key.public_key()): key.public_key()}


@pytest.fixture
def cut(trained: TrainedModels) -> TrainedModels:
    probability = trained.scoring.score(
        matrix_of(values_of(500, seed=3)), profile_of(500, seed=4)
    ).probability
    target = {"A": 654, "B": 253, "C": 77, "D": 16}
    cut_offs = choose_cut_offs(probability, target_per_mille=target, as_of=date(2026, 10, 31))
    return replace(trained, scoring=replace(trained.scoring, cut_offs=cut_offs))


@pytest.fixture
def folder(cut: TrainedModels, tmp_path: Path) -> Path:
    save(cut, tmp_path / "models" / "v1", key=KEY, created_at=CREATED)
    return tmp_path / "models" / "v1"


def test_the_folder_holds_what_is_promised_and_nothing_else(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES
    assert [path.name for path in folder.parent.iterdir()] == ["v1"]


def test_a_loaded_model_scores_as_before_saving_bit_by_bit(
    cut: TrainedModels, folder: Path
) -> None:
    loaded = load(folder, trusted=trusting(KEY), definitions_hash=HASH)
    matrix, profile = matrix_of(values_of(600, seed=8)), profile_of(600, seed=9)
    before, after = cut.scoring.score(matrix, profile), loaded.score(matrix, profile)
    for field in fields(Scores):
        one, two = getattr(before, field.name), getattr(after, field.name)
        assert np.array_equal(one, two), field.name
    assert loaded.cut_offs == cut.scoring.cut_offs
    assert loaded.indicators == cut.scoring.indicators


def test_the_same_training_writes_the_same_bytes(
    cut: TrainedModels, folder: Path, tmp_path: Path
) -> None:
    save(cut, tmp_path / "again", key=KEY, created_at=CREATED)
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name


def test_the_manifest_tells_where_the_model_comes_from(folder: Path) -> None:
    manifest = read_manifest(folder, trusted=trusting(KEY))
    assert manifest["created_at"] == "2026-10-31T02:00:00+00:00"
    assert set(manifest["files"]) == FILES - {MANIFEST, SIGNATURE}
    assert set(manifest["metrics"]) == {"general", "food", "special_equipment", "challenger"}
    assert 0.6 < manifest["metrics"]["general"]["figures"]["auc"]["value"] < 0.8
    assert "lightgbm" in manifest["libraries"]
    assert manifest["cohorts"][0]["rows"] == 2500
    loaded = load(folder, trusted=trusting(KEY), definitions_hash=HASH)
    assert loaded.version == manifest["version"]
    assert len(loaded.version) == 16


@pytest.mark.parametrize("name", sorted(FILES - {SIGNATURE}))
def test_one_changed_byte_is_refused_by_name(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(bytes(content))
    with pytest.raises(ChangedFileError) as refused:
        load(folder, trusted=trusting(KEY), definitions_hash=HASH)
    assert name in refused.value.zh
    assert name in refused.value.en


def test_a_changed_file_with_a_corrected_manifest_is_refused(folder: Path) -> None:
    """Whoever edits a file and its hash still lacks the key."""
    path = folder / MANIFEST
    manifest = json.loads(path.read_text("utf-8"))
    manifest["files"]["general.txt"] = "0" * 64
    path.write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ChangedFileError, match=r"manifest\.json"):
        load(folder, trusted=trusting(KEY), definitions_hash=HASH)


def test_a_broken_signature_is_refused(folder: Path) -> None:
    told = json.loads((folder / SIGNATURE).read_text("utf-8"))
    flipped = told | {"signature": told["signature"][::-1]}
    (folder / SIGNATURE).write_text(json.dumps(flipped), "utf-8")
    with pytest.raises(ChangedFileError):
        load(folder, trusted=trusting(KEY), definitions_hash=HASH)
    (folder / SIGNATURE).write_bytes(b"{}")
    with pytest.raises(ChangedFileError, match=r"manifest\.sig"):
        load(folder, trusted=trusting(KEY), definitions_hash=HASH)


def test_an_unknown_key_is_refused_by_id(folder: Path) -> None:
    for trusted in ({}, trusting(OTHER_KEY)):
        with pytest.raises(UnknownKeyError, match=key_id(KEY.public_key())):
            load(folder, trusted=trusted, definitions_hash=HASH)


def test_other_indicator_definitions_are_refused(folder: Path) -> None:
    with pytest.raises(DefinitionsChangedError) as refused:
        load(folder, trusted=trusting(KEY), definitions_hash="b" * 64)
    assert "重新训练" in refused.value.zh
    assert "bbbbbbbbbbbb" in refused.value.en


def test_a_missing_file_or_folder_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    (folder / "food.txt").unlink()
    with pytest.raises(ArtefactMissingError, match=r"food\.txt"):
        load(folder, trusted=trusting(KEY), definitions_hash=HASH)
    with pytest.raises(ArtefactMissingError, match="absent"):
        load(tmp_path / "absent", trusted=trusting(KEY), definitions_hash=HASH)


@pytest.mark.parametrize("name", [".hidden", "notes.txt", "model.pkl"])
def test_an_added_file_is_refused_by_name(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"x")
    with pytest.raises(UnexpectedFileError, match=name) as refused:
        load(folder, trusted=trusting(KEY), definitions_hash=HASH)
    assert name in refused.value.zh


def test_links_are_refused(folder: Path, tmp_path: Path) -> None:
    """What a link points to can change after it was checked."""
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_bytes((folder / "scorecard.json").read_bytes())
    linked = tmp_path / "models" / "linked"
    linked.symlink_to(folder)
    with pytest.raises(UnexpectedFileError, match="linked"):
        load(linked, trusted=trusting(KEY), definitions_hash=HASH)
    (folder / "scorecard.json").unlink()
    (folder / "scorecard.json").symlink_to(elsewhere)
    with pytest.raises(UnexpectedFileError, match=r"scorecard\.json"):
        load(folder, trusted=trusting(KEY), definitions_hash=HASH)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_truncated_file_is_refused_by_name(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    for length in (0, len(content) // 2, len(content) - 1):
        (folder / name).write_bytes(content[:length])
        with pytest.raises(ChangedFileError) as refused:
            load(folder, trusted=trusting(KEY), definitions_hash=HASH)
        assert name in refused.value.zh
        assert name in refused.value.en


def test_a_version_is_never_written_over(cut: TrainedModels, folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ArtefactExistsError, match="v1"):
        save(cut, folder, key=KEY, created_at=CREATED)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_failed_save_leaves_nothing_behind(cut: TrainedModels, tmp_path: Path) -> None:
    broken = replace(cut, bins={"penalties_24m": {"shares": [float("nan")], "bad_rates": [0.1]}})
    with pytest.raises((ValueError, KeyError)):
        save(broken, tmp_path / "models" / "v2", key=KEY, created_at=CREATED)
    assert list((tmp_path).glob("models/*")) == []
