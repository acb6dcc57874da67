"""Which model is in use, and the acts that change it: listed, promoted, rolled back.

The register is read, added to and written whole under a lock: of two people at once the second
waits and acts on what the first one left; a killed process leaves the register as it was.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from features.folders import hold
from features.indicators import definitions_hash
from law.errors import XinhengError
from law.files import write_atomically
from models.rating.scoring_model import ScoringModel
from models.registry import artefact, signing
from models.registry.artefact import MANIFEST, Artefact
from models.registry.register import Register, State
from scoring.errors import NoCutOffsError
from service.errors import NoModelError
from service.installation import MODEL_KEY
from service.model_registry.errors import OtherModelError, UnknownModelError
from service.model_registry.in_use import REGISTER as REGISTER
from service.model_registry.in_use import register_of as register_of
from service.settings import Settings

_SHORTEST = 4  # digits of a version that may stand for it


@dataclass(frozen=True)
class ListedModel:
    """A model folder; `read` is None where it is refused, and `fault` says why."""

    folder: Path
    version: str
    state: State
    read: Artefact | None
    fault: XinhengError | None = None


@dataclass(frozen=True)
class Succession:
    """Which version was in use, and which is now."""

    before: str
    now: str
    folder: Path


def list_models(settings: Settings) -> list[ListedModel]:
    """Every model folder, by name; one that is refused is listed with the reason."""
    register = register_of(settings)
    return [_listed(folder, register, settings) for folder in _folders(settings)]


def _listed(folder: Path, register: Register, settings: Settings) -> ListedModel:
    version = _version(folder)
    try:
        read = read_model(folder, settings)
    except XinhengError as fault:
        known = next((act.version for act in register.acts if act.folder == folder.name), version)
        return ListedModel(folder, known, register.state(known), None, fault)
    return ListedModel(folder, version, register.state(version), read)


def find_model(settings: Settings, wanted: str | None = None) -> Path:
    """The folder of a version, of its first digits, or of that name; of the model in use if None.

    Raises
    ------
    UnknownModelError
        None or several answer to it.
    NoModelError
        None was asked for and none is in use.
    """
    if wanted is None:
        return champion_folder(settings)
    folders = {folder: _version(folder) for folder in _folders(settings)}
    found = [folder for folder in folders if folder.name == wanted]
    if not found and len(wanted) >= _SHORTEST:
        found = [folder for folder, version in folders.items() if version.startswith(wanted)]
    if len(found) != 1:
        known = [f"{version}（{folder.name}）" for folder, version in folders.items()]
        raise UnknownModelError(wanted, known=known)
    return found[0]


def read_model(folder: Path, settings: Settings) -> Artefact:
    """Every file of a model folder, checked; whether its indicators are today's is not."""
    return artefact.read_artefact(folder, trusted=signing.trusted_keys(settings.keys_dir))


def load_model(folder: Path, settings: Settings) -> ScoringModel:
    """A model ready to score; see :func:`models.registry.artefact.load` for what is refused."""
    return artefact.assemble(read_model(folder, settings), definitions_hash=definitions_hash())


def champion_folder(settings: Settings) -> Path:
    """The folder of the model in use.

    Raises
    ------
    NoModelError
        None is in use yet.
    """
    register = register_of(settings)
    if register.champion is None:
        raise NoModelError(settings.models_dir)
    return settings.models_dir / register.folder_of(register.champion)


def champion(settings: Settings) -> ScoringModel:
    """The model in use, once its signature, every file and the indicators' definitions agree.

    Raises
    ------
    NoModelError
        None is in use yet.
    OtherModelError
        Another model lies in its folder.
    models.errors.ModelsError
        The artefact or the register is refused, and why.
    """
    folder = champion_folder(settings)
    return _load_registered(folder, register_of(settings).champion or "", settings)


def register_trained(
    settings: Settings, folder: Path, *, by: str, reason: str, now: datetime
) -> State:
    """Enter a model just trained: the first is in use at once, a later one is a challenger."""
    version = read_model(folder, settings).version
    with hold(settings.models_dir):
        register = register_of(settings).with_trained(
            version,
            folder=folder.name,
            by=by,
            reason=reason,
            at=now,
            key=signing.load_private(settings.keys_dir / MODEL_KEY),
        )
        write_atomically(settings.models_dir / REGISTER, register.content)
    return register.state(version)


def promote(settings: Settings, wanted: str, *, by: str, reason: str, now: datetime) -> Succession:
    """Put a model into use in the place of the present one.

    Raises
    ------
    UnknownModelError
        No single model answers to `wanted`.
    models.errors.ModelsError
        No name or reason, in use already, a changed file, an unknown key, other indicators.
    scoring.errors.NoCutOffsError
        The model was saved without grade cut-offs.
    """
    folder = find_model(settings, wanted)
    with hold(settings.models_dir):
        register = register_of(settings)
        version = _require_usable(folder, settings).version
        after = register.with_promotion(
            version,
            folder=folder.name,
            by=by,
            reason=reason,
            at=now,
            key=signing.load_private(settings.keys_dir / MODEL_KEY),
        )
        write_atomically(settings.models_dir / REGISTER, after.content)
    return Succession(register.champion or "", version, folder)


def roll_back(settings: Settings, *, by: str, reason: str, now: datetime) -> Succession:
    """Put the model that was in use before the present one into use again.

    The present one may be damaged: going back from it must still be possible.

    Raises
    ------
    models.errors.ModelsError
        No name or reason, none was in use before, or that one is refused today.
    """
    with hold(settings.models_dir):
        register = register_of(settings)
        after = register.with_rollback(
            by=by,
            reason=reason,
            at=now,
            key=signing.load_private(settings.keys_dir / MODEL_KEY),
        )
        version = after.champion or ""
        folder = settings.models_dir / after.folder_of(version)
        _load_registered(folder, version, settings)
        write_atomically(settings.models_dir / REGISTER, after.content)
    return Succession(register.champion or "", version, folder)


def _load_registered(folder: Path, version: str, settings: Settings) -> ScoringModel:
    model = load_model(folder, settings)
    if model.version != version:
        raise OtherModelError(folder, registered=version, found=model.version)
    return model


def _require_usable(folder: Path, settings: Settings) -> ScoringModel:
    model = load_model(folder, settings)
    if model.cut_offs is None:
        raise NoCutOffsError(model.version)
    return model


def _folders(settings: Settings) -> list[Path]:
    return sorted(
        path
        for path in settings.models_dir.glob("*")
        if path.is_dir() and not path.name.startswith(".")
    )


def _version(folder: Path) -> str:
    """The version that the manifest's bytes say, unchecked; empty without a manifest."""
    path = folder / MANIFEST
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""
