"""Model folders: written whole, signed, and read only if nothing in them was changed."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from law.files import write_atomically
from models.cards.model_card import card_html, card_markdown
from models.errors import (
    ArtefactExistsError,
    ArtefactMissingError,
    ChangedFileError,
    DefinitionsChangedError,
    UnexpectedFileError,
    UnknownKeyError,
)
from models.learning.calibration import Calibration
from models.learning.columns import ModelIndicator
from models.learning.scorecard import Scorecard
from models.learning.sector import SectorModel
from models.rating.cutoffs import CutOffs
from models.rating.points import PointsScale, points_table
from models.rating.scoring_model import ScoringModel
from models.rating.sectors import Sector
from models.registry.signing import Signature, is_genuine, sign
from models.trained import TrainedModels

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
_FORMAT = 1
_LIBRARIES = ("lightgbm", "numpy", "scikit-learn", "pandas", "pyarrow", "duckdb", "ibis-framework")


@dataclass(frozen=True)
class Artefact:
    """A model folder whose every file is the one that was signed.

    Attributes
    ----------
    manifest
        What was signed, with the model's ``version`` added.
    files
        Content of every other file, by name.
    """

    folder: Path
    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]

    @property
    def version(self) -> str:
        """First 16 digits of the manifest's SHA-256."""
        return str(self.manifest["version"])

    @property
    def scorecard(self) -> dict[str, Any]:
        """Content of scorecard.json: steps, points scale and table, population of the bins."""
        content: dict[str, Any] = json.loads(self.files["scorecard.json"])
        return content

    @property
    def indicators(self) -> tuple[ModelIndicator, ...]:
        """The indicators it was trained on."""
        rows = json.loads(self.files["indicators.json"])["indicators"]
        return tuple(ModelIndicator(**row) for row in rows)


def save(
    trained: TrainedModels, folder: Path, *, key: Ed25519PrivateKey, created_at: datetime
) -> str:
    """Write a model folder and sign it.

    The folder appears under its name only when it is complete.

    Returns
    -------
    str
        The model's version: the first 16 digits of the SHA-256 of its manifest.

    Raises
    ------
    ArtefactExistsError
        The folder exists. A version is never written over.
    """
    if folder.exists():
        raise ArtefactExistsError(
            f"模型目录 {folder} 已存在；模型版本只写一次，请换一个名称",
            f"the model folder {folder} exists already; a version is written once, name another",
        )
    files = _contents(trained, created_at=created_at)
    manifest = _as_json(
        _describe(trained, created_at=created_at)
        | {"files": {name: _sha256(content) for name, content in sorted(files.items())}}
    )
    signature = sign(manifest, key)
    files[MANIFEST] = manifest
    files[SIGNATURE] = _as_json(
        {"algorithm": "Ed25519", "key_id": signature.key_id, "signature": signature.value}
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name, content in files.items():
            write_atomically(temporary / name, content)
        temporary.chmod(0o755)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return _sha256(manifest)[:16]


def read_manifest(folder: Path, *, trusted: Mapping[str, Ed25519PublicKey]) -> dict[str, Any]:
    """The manifest of a model folder, once its signature is found genuine.

    Raises
    ------
    ArtefactMissingError
        There is no such folder, or it has no manifest or signature.
    UnexpectedFileError
        The folder is a link.
    UnknownKeyError
        It is signed by a key that is not among `trusted`.
    ChangedFileError
        The manifest is not the one that was signed.
    """
    _refuse_linked(folder)
    content = _read(folder, MANIFEST)
    signature = _signature(_read(folder, SIGNATURE))
    if signature.key_id not in trusted:
        raise UnknownKeyError(
            f"模型 {folder.name} 由未受信任的密钥 {signature.key_id} 签名，拒绝加载。"
            "如确认来源可靠，请将其公钥放入受信任密钥目录。",
            f"the model {folder.name} is signed by the key {signature.key_id}, which is not "
            "trusted. If you vouch for it, put its public key into the folder of trusted keys.",
        )
    if not is_genuine(content, signature, trusted):
        _refuse_changed(folder, MANIFEST)
    manifest: dict[str, Any] = json.loads(content)
    return manifest | {"version": _sha256(content)[:16]}


def load(
    folder: Path, *, trusted: Mapping[str, Ed25519PublicKey], definitions_hash: str
) -> ScoringModel:
    """Read a model folder.

    Parameters
    ----------
    trusted
        Public keys by key id; see :func:`models.registry.signing.trusted_keys`.
    definitions_hash
        Of the indicators as they are defined now.

    Raises
    ------
    ArtefactMissingError, UnknownKeyError, ChangedFileError
        See :func:`read_manifest`; a changed or absent file is named.
    UnexpectedFileError
        See :func:`read_artefact`.
    DefinitionsChangedError
        The model was trained on indicators defined otherwise.
    """
    read = read_artefact(folder, trusted=trusted)
    return assemble(read, definitions_hash=definitions_hash)


def read_artefact(folder: Path, *, trusted: Mapping[str, Ed25519PublicKey]) -> Artefact:
    """Every file of a model folder, once each is found to be the one that was signed.

    Raises
    ------
    ArtefactMissingError, UnknownKeyError, ChangedFileError
        See :func:`read_manifest`; a changed or absent file is named.
    UnexpectedFileError
        The folder holds a file that was not signed, or a link to one elsewhere.
    """
    manifest = read_manifest(folder, trusted=trusted)
    _refuse_unsigned(folder, signed={*manifest["files"], MANIFEST, SIGNATURE})
    # Each file is read once: what was checked is what is used.
    files = {name: _read(folder, name) for name in manifest["files"]}
    for name, expected in manifest["files"].items():
        if _sha256(files[name]) != expected:
            _refuse_changed(folder, name)
    return Artefact(folder, manifest, files)


def assemble(read: Artefact, *, definitions_hash: str) -> ScoringModel:
    """The model of files that were found genuine.

    Raises
    ------
    DefinitionsChangedError
        The model was trained on indicators defined otherwise.
    """
    manifest, folder = read.manifest, read.folder
    if manifest["definitions_hash"] != definitions_hash:
        raise DefinitionsChangedError(
            f"模型 {folder.name} 训练时的指标定义（{manifest['definitions_hash'][:12]}）与当前定义"
            f"（{definitions_hash[:12]}）不同，评分将失去意义。请重新训练模型。",
            f"the model {folder.name} was trained on other indicator definitions "
            f"({manifest['definitions_hash'][:12]}) than those of today ({definitions_hash[:12]}); "
            "its scores would mean nothing. Train again.",
        )
    return _assemble(read)


def _contents(trained: TrainedModels, *, created_at: datetime) -> dict[str, bytes]:
    scoring = trained.scoring
    texts = {sector: model.text() for sector, model in scoring.sectors.items()}
    files = {
        "scorecard.json": _as_json(
            scoring.scorecard.to_dict()
            | {
                "points_scale": scoring.points_scale.model_dump(),
                "points_table": points_table(scoring.scorecard, scoring.points_scale),
                "population": trained.bins,
            }
        ),
        "general.txt": trained.general_text.encode(),
        "calibration.json": _as_json(
            {model: one.to_dict() for model, one in scoring.calibrations.items()}
        ),
        "indicators.json": _as_json(
            {
                "definitions_hash": trained.definitions_hash,
                "indicators": [row.as_dict() for row in scoring.indicators],
            }
        ),
        "sectors.json": _as_json(_describe_sectors(scoring)),
        "grades.json": _as_json(
            {"versions": [] if scoring.cut_offs is None else [scoring.cut_offs.to_dict()]}
        ),
        "model_card.md": card_markdown(trained, created_at=created_at).encode(),
        "model_card.html": card_html(trained, created_at=created_at).encode(),
    }
    return files | {
        f"{sector}.txt": text.encode() for sector, text in texts.items() if text is not None
    }


def _describe_sectors(scoring: ScoringModel) -> dict[str, Any]:
    """Every sector's definition; with a sub-model, also its indicators in the booster's order."""
    return {
        name: {
            "definition": sector.model_dump(mode="json"),
            "indicators": list(scoring.sectors[name].names) if name in scoring.sectors else None,
        }
        for name, sector in scoring.definitions.items()
    }


def _describe(trained: TrainedModels, *, created_at: datetime) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "created_at": created_at.isoformat(),
        "definitions_hash": trained.definitions_hash,
        "snapshot": dict(trained.snapshot),
        "trees": dict(trained.trees),
        "cohorts": list(trained.cohorts),
        "metrics": {model: report.to_dict() for model, report in trained.reports.items()},
        "sector_trials": {name: asdict(one) for name, one in trained.trials.items()},
        "study": None if trained.study is None else trained.study.to_dict(),
        "config": trained.config.model_dump(mode="json"),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "purpose": "internal aid for placing supervision effort; not a credit assessment",
    }


def _assemble(read: Artefact) -> ScoringModel:
    files, scorecard, indicators = read.files, read.scorecard, read.indicators
    calibrations = {
        model: Calibration.from_dict(content)
        for model, content in json.loads(files["calibration.json"]).items()
    }
    sectors = json.loads(files["sectors.json"])
    cut = json.loads(files["grades.json"])["versions"]
    return ScoringModel(
        indicators=indicators,
        scorecard=Scorecard.from_dict(scorecard),
        sectors={
            sector: SectorModel.from_text(
                told["indicators"],
                files[f"{sector}.txt"].decode() if f"{sector}.txt" in files else None,
            )
            for sector, told in sectors.items()
            if told["indicators"] is not None
        },
        calibrations=calibrations,
        points_scale=PointsScale(**scorecard["points_scale"]),
        definitions={
            name: Sector.model_validate(told["definition"]) for name, told in sectors.items()
        },
        cut_offs=CutOffs.from_dict(cut[-1]) if cut else None,
        version=read.version,
    )


def _read(folder: Path, name: str) -> bytes:
    if name != Path(name).name:
        _refuse_changed(folder, name)
    try:
        return (folder / name).read_bytes()
    except OSError:
        raise ArtefactMissingError(
            f"模型目录 {folder} 缺少文件 {name}；请从备份恢复或重新训练（xinheng train）",
            f"the model folder {folder} lacks the file {name}; restore it from a copy or train "
            "again (xinheng train)",
        ) from None


def _refuse_linked(folder: Path) -> None:
    if folder.is_symlink():
        raise UnexpectedFileError(
            f"模型目录 {folder.name} 是指向别处的链接，拒绝加载。请把模型目录本身复制到此处。",
            f"the model folder {folder.name} is a link to another place, so the model is refused. "
            "Copy the folder itself here.",
        )


def _refuse_unsigned(folder: Path, *, signed: Set[str]) -> None:
    strange = sorted(
        path.name for path in folder.iterdir() if path.name not in signed or path.is_symlink()
    )
    if strange:
        listed = ", ".join(strange)
        raise UnexpectedFileError(
            f"模型目录 {folder.name} 中有未经签名的文件或链接：{listed}，拒绝加载。请将其移走"
            "（若是链接，请换回原文件）；模型目录中只应有签名时的文件。",
            f"the model folder {folder.name} holds files that were not signed, or links: {listed}. "
            "The model is refused: move them away (put the original in the place of a link); a "
            "model folder holds what was signed and nothing else.",
        )


def _signature(content: bytes) -> Signature:
    try:
        told = json.loads(content)
        return Signature(str(told["key_id"]), str(told["signature"]))
    except (ValueError, KeyError, TypeError):
        raise ChangedFileError(
            f"签名文件 {SIGNATURE} 无法读取，可能已损坏；拒绝加载该模型",
            f"the signature file {SIGNATURE} cannot be read; it may be damaged. The model is "
            "refused",
        ) from None


def _refuse_changed(folder: Path, name: str) -> NoReturn:
    raise ChangedFileError(
        f"模型 {folder.name} 的文件 {name} 与签名时不一致（已被改动或损坏），拒绝加载。"
        "请从备份恢复原文件。",
        f"the file {name} of the model {folder.name} is not the one that was signed (changed or "
        "damaged), so the model is refused. Restore the original from a copy.",
    )


def _as_json(content: Any) -> bytes:
    # Keys keep their order: the scorecard's order is the order of addition.
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
