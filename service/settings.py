"""Every setting of an installation. The only reader of the environment (prefix ``XINHENG_``)."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.errors import SettingsError

_PREFIX = "XINHENG_"


class Settings(BaseModel):
    """Frozen: what a process started with is what it runs with."""

    model_config = ConfigDict(frozen=True)

    # Where records, archive, runs, models, campaigns, keys and the SQLite database lie.
    home: Path = Path("var")
    # None: SQLite under `home`. Else postgresql+psycopg://user:password@host/database.
    database_url: str | None = None
    # GB/T 2260 code of the office; decides which regional values of the law apply.
    region: Annotated[str, Field(pattern=r"^\d{6}$")] = "440500"

    # DuckDB spills to disk beyond this, so that a batch never takes the whole machine.
    memory_limit: Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s?(MB|GB|TB|MiB|GiB|TiB)$")] = "2GB"
    threads: Annotated[int, Field(ge=1, le=512)] = 2

    # Only this machine by default: the console must be put behind the office's own gateway.
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    workers: Annotated[int, Field(ge=1, le=256)] = 1

    # How long an answer to the registration system may be used before it must ask again.
    credit_check_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    # How long a console sign-in lasts without signing in again.
    session_hours: Annotated[int, Field(ge=1, le=24)] = 8
    # Set where the console is reached by https only: browsers then never send the cookie in clear.
    secure_cookies: bool = False
    # How long a SQLite writer waits for another one before the caller gets 503.
    busy_seconds: Annotated[int, Field(ge=1, le=600)] = 30

    @property
    def records_dir(self) -> Path:
        """Imported records, one folder an import."""
        return self.home / "records"

    @property
    def archive_dir(self) -> Path:
        """Credit archives, one folder a build."""
        return self.home / "archive"

    @property
    def runs_dir(self) -> Path:
        """Grading runs, one folder a run."""
        return self.home / "runs"

    @property
    def contexts_dir(self) -> Path:
        """What whole archives say as of a day, so that single enterprises are graded at once."""
        return self.home / "contexts"

    @property
    def models_dir(self) -> Path:
        """Signed models, one folder a version."""
        return self.home / "models"

    @property
    def campaigns_dir(self) -> Path:
        """Sampling campaigns, one folder a round."""
        return self.home / "campaigns"

    @property
    def identity_dir(self) -> Path:
        """Decisions on who is who, and the queue that waits for a person."""
        return self.home / "identity"

    @property
    def key_enterprises_dir(self) -> Path:
        """Editions of the key-enterprise list, decisions by hand, labels."""
        return self.home / "key_enterprises"

    @property
    def cut_offs_dir(self) -> Path:
        """Versions of the cut-offs between grades, one file a version."""
        return self.home / "cut_offs"

    @property
    def grading_rules_dir(self) -> Path:
        """Versions of the office's grading rules, and the history of their acts."""
        return self.home / "grading_rules"

    @property
    def overrides_dir(self) -> Path:
        """The register of officers' overrides."""
        return self.home / "overrides"

    @property
    def statutory_dir(self) -> Path:
        """A province's results and facts of static score sheets, as handed in."""
        return self.home / "statutory"

    @property
    def measures_dir(self) -> Path:
        """Industry levels changed by officers, key zones, and the measures worked out for runs."""
        return self.home / "measures"

    @property
    def key_supervision_dir(self) -> Path:
        """The register of the key-supervision list, and the notices."""
        return self.home / "key_supervision"

    @property
    def law_overlay(self) -> Path | None:
        """The office's own values of the law, laid over the package's; ``None`` without any."""
        folder = self.home / "law"
        return folder if folder.is_dir() else None

    @property
    def keys_dir(self) -> Path:
        """Secrets of the installation; readable by its owner only."""
        return self.home / "keys"

    @property
    def person_key_path(self) -> Path:
        """Key of the hashes that stand for natural persons; intake and credit checks share it."""
        return self.keys_dir / "person.key"

    @property
    def console_key_path(self) -> Path:
        """Key that signs console cookies and form tokens."""
        return self.keys_dir / "console.key"

    @property
    def resolved_database_url(self) -> str:
        """The database URL in use."""
        return self.database_url or f"sqlite:///{(self.home / 'xinheng.db').absolute()}"


def get_settings() -> Settings:
    """The settings of this process, read from the environment.

    Raises
    ------
    SettingsError
        Naming every environment variable with a value that cannot be used.
    """
    told = {name.upper(): value for name, value in os.environ.items()}
    names = [name for name in Settings.model_fields if _PREFIX + name.upper() in told]
    try:
        return Settings.model_validate({name: told[_PREFIX + name.upper()] for name in names})
    except ValidationError as error:
        faults = [
            f"{_PREFIX}{'_'.join(str(part) for part in fault['loc']).upper()}={fault['input']!r}:"
            f" {fault['msg']}"
            for fault in error.errors()
        ]
        raise SettingsError(faults) from None
