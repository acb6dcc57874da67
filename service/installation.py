"""What `xinheng init` makes: folders, keys, the database's schema. Safe to run again."""

from dataclasses import dataclass, field
from pathlib import Path

from models.registry.signing import create_key
from service.db.connection import Database
from service.db.migrate import current_revision, upgrade
from service.security.secrets import make_secret
from service.settings import Settings

MODEL_KEY = "model-signing.pem"


@dataclass
class Installed:
    """What was made now, and what was there already and left as it was."""

    made: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    revision: str | None = None


def initialise(settings: Settings) -> Installed:
    """Make everything an installation needs; nothing that exists is replaced."""
    done = Installed()
    # Archives and personal hashes are for this account only, unless somebody opened the folder.
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    for folder in (
        settings.records_dir,
        settings.archive_dir,
        settings.runs_dir,
        settings.models_dir,
        settings.campaigns_dir,
    ):
        (done.kept if folder.is_dir() else done.made).append(folder)
        folder.mkdir(parents=True, exist_ok=True)
    for path in (settings.person_key_path, settings.console_key_path):
        (done.made if make_secret(path) else done.kept).append(path)
    signing_key = settings.keys_dir / MODEL_KEY
    if signing_key.exists():
        done.kept.append(signing_key)
    else:
        create_key(signing_key)
        done.made.append(signing_key)
    database = Database(settings.resolved_database_url, busy_seconds=settings.busy_seconds)
    upgrade(database)
    done.revision = current_revision(database)
    database.close()
    return done
