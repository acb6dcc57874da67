"""Every test of the service runs on SQLite, and on PostgreSQL where one is named."""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from service.installation import initialise
from service.settings import Settings
from tests.service.office import Office, open_office

POSTGRES = "XINHENG_TEST_POSTGRES_URL"


SERVER = os.environ.get(POSTGRES)
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A schema of its own on the server that the environment names."""
    if not SERVER:
        pytest.skip(f"the service was tested on SQLite alone: {POSTGRES} names no server")
    schema = f"t{uuid.uuid4().hex}"
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = make_url(SERVER).update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(params=DATABASES if SERVER else DATABASES[:1])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """The database of the installation; ``None`` is SQLite under its home."""
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def fresh_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home as `xinheng init` leaves it, made once and copied for every test."""
    home = tmp_path_factory.mktemp("fresh") / "home"
    initialise(Settings(home=home))
    return home


@pytest.fixture
def office(tmp_path: Path, fresh_home: Path, database_url: str | None) -> Iterator[Office]:
    """A fresh installation."""
    shutil.copytree(fresh_home, tmp_path / "home")
    yield from open_office(tmp_path / "home", database_url=database_url)
