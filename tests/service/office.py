"""An installation of its own for a test: real files, a real database, a clock that can be set."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import insert

from law.files import sha256_of, write_atomically
from models.rating.cutoffs import CutOffs
from scoring.reasons import REASON
from scoring.statutory import COLUMNS
from service.app import create_app
from service.credit_checks.receipts import canonical
from service.db.connection import Database
from service.db.tables import list_snapshot, listing, registration
from service.grades.operations import publish_run
from service.installation import initialise
from service.security.keys import create_key
from service.security.scopes import Scope
from service.settings import Settings

NOW = datetime(2026, 11, 22, 2, 0)  # ten o'clock in China
ACME = "91440500MA4T000510"
OTHER = "91440500MA4T0022XY"
TRADER = "92211300MA0T000380"
UNKNOWN = "91440507MA4T001078"


CUT_OFFS = CutOffs(date(2026, 10, 31), 100, 0.1, 0.3, 0.6, {}, {})


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        """Let time pass."""
        self.now += timedelta(**delta)


@dataclass
class Office:
    """One installation with its application."""

    settings: Settings
    clock: Clock
    app: FastAPI
    database: Database
    client: TestClient
    _keys: dict[frozenset[Scope], str] = field(default_factory=dict)

    def key(self, *scopes: Scope) -> dict[str, str]:
        """The header of a key with these scopes."""
        wanted = frozenset(scopes)
        if wanted not in self._keys:
            with self.database.writing() as session:
                name = "-".join(sorted(wanted))
                _, text = create_key(session, name, scopes=wanted, days=30, now=self.clock())
            self._keys[wanted] = text
        return {"X-API-Key": self._keys[wanted]}

    def check(self, body: dict[str, Any], **headers: str) -> Any:
        """Post a credit check, with a new Idempotency-Key unless one is given."""
        sent = {"Idempotency-Key": uuid.uuid4().hex}
        sent |= self.key(Scope.CREDIT_CHECKS_WRITE)
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post("/v1/credit-checks", json=body, headers=sent)

    def load_lists(self, *, loaded_at: datetime | None = None) -> None:
        """Say that the lists were loaded, as a refresh does at its end."""
        with self.database.writing() as session:
            session.execute(
                insert(list_snapshot).values(
                    archive_build="test",
                    loaded_at=loaded_at or self.clock(),
                    latest_known_at=NOW - timedelta(days=1),
                    listings=0,
                    registrations=0,
                    unpaired_removals=0,
                )
            )

    def register(self, enterprise_id: str = ACME, **values: Any) -> None:
        """Insert a registration event."""
        row = {
            "record_id": f"r-{enterprise_id}-{values.get('event_on')}-{values.get('event')}",
            "enterprise_id": enterprise_id,
            "known_at": datetime(2020, 1, 2),
            "event_on": date(2020, 1, 1),
            "event": "establishment",
            "status": "active",
            "name": "测试食品有限公司",
            "entity_type": "company",
            **values,
        }
        with self.database.writing() as session:
            session.execute(insert(registration).values(**row))

    def list(self, enterprise_id: str = ACME, **values: Any) -> None:
        """Insert an entry on a list."""
        row = {
            "enterprise_id": enterprise_id,
            "list_name": "abnormal_operations_list",
            "ground_code": "4",
            "decision_no": "汕市监异列字〔2021〕1号",
            "authority": "汕头市市场监督管理局",
            "listed_on": date(2021, 3, 1),
            "known_at": datetime(2021, 3, 2),
            "source": "test",
            **values,
        }
        with self.database.writing() as session:
            session.execute(insert(listing).values(**row))

    def publish(self, rows: Sequence[dict[str, Any]], *, as_of: date = date(2026, 10, 31)) -> str:
        """Publish a run with these grades."""
        folder = write_run(self.settings.runs_dir, rows, as_of=as_of)
        with self.database.writing() as session:
            return publish_run(session, folder, published_at=self.clock())

    def sign_in(self, *more: Scope) -> TestClient:
        """A browser that is signed in, with a key that has `more` scopes beside the console."""
        browser = TestClient(self.app, follow_redirects=False)
        page = browser.get("/login").text
        token = page.split('name="token" value="')[1].split('"')[0]
        text = self.key(Scope.CONSOLE, *more)["X-API-Key"]
        answer = browser.post("/login", data={"key": text, "token": token, "next": "/"})
        assert answer.status_code == 303, answer.text
        return browser


def grade_row(enterprise_id: str, **values: Any) -> dict[str, Any]:
    """One row of a run."""
    return {
        "enterprise_id": enterprise_id,
        "name": f"企业{enterprise_id[-4:]}",
        "area_code": "440507",
        "industry_code": "6210",
        "entity_type": "company",
        "status": "active",
        "address": "龙湖区测试路 1 号",
        "is_food": True,
        "is_special_equipment": False,
        "grade": "B",
        "model_grade": "B",
        "basis": "model",
        "basis_ground": "",
        "general_probability": 0.1,
        "sector_model": "food",
        "probability": 0.12,
        "points": 560,
        "settled_grade": "B",
        "previous_grade": None,
        "provincial_grade": None,
        "months_since_established": 60,
        "has_history": True,
        "on_serious_violation_list": False,
        "registered_capital_cny": 2e6,
        "reasons": [],
        **values,
    }


REASON_ROW = {
    "indicator": "penalties_24m",
    "zh": "近24个月行政处罚次数",
    "en": "penalties in 24 months",
    "unit": "count",
    "value": 2.0,
    "points": -31.5,
    "reference": "汕市监罚字〔2025〕9号",
    "event_on": date(2025, 6, 1),
    "source": "city_penalties",
}


def write_run(runs_dir: Path, rows: Sequence[dict[str, Any]], *, as_of: date) -> Path:
    """The folder of a finished run, as the batch writes it."""
    table = pa.Table.from_pylist(list(rows))
    place = table.schema.get_field_index("reasons")
    reasons = pa.array([row["reasons"] for row in rows], pa.list_(REASON))
    table = table.set_column(place, "reasons", reasons)
    for name in ("previous_grade", "provincial_grade"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].cast(pa.string()))
    for column in COLUMNS:
        if column.name in table.column_names:
            place = table.column_names.index(column.name)
            values = pa.array(table[column.name].to_pylist(), column.type)
            table = table.set_column(place, column, values)
    folder = runs_dir / f"{as_of}-model-archive"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "grades.parquet")
    manifest = {
        "run_id": folder.name,
        "as_of": as_of.isoformat(),
        "model_version": "model-1",
        "archive_build": "archive-1",
        "unconfirmed_law": ["grading.direct_determination"],
        "region": "440500",
        "enterprises": table.num_rows,
        "grades": {one: sum(row["grade"] == one for row in rows) for one in "ABCD"},
        "basis": {"model": table.num_rows},
        "cut_offs": CUT_OFFS.to_dict(),
        "files": {"grades.parquet": sha256_of(folder / "grades.parquet")},
    }
    write_atomically(folder / "manifest.json", canonical(manifest).encode())
    return folder


def open_office(home: Path, *, database_url: str | None) -> Iterator[Office]:
    """Hand an installation out that `initialise` made, and close it."""
    settings = Settings(home=home, database_url=database_url)
    if database_url is not None:
        initialise(settings)
    clock = Clock()
    app = create_app(settings, clock=clock)
    client = TestClient(app, raise_server_exceptions=False)
    database: Database = app.state.context.database
    yield Office(settings, clock, app, database, client)
    client.close()
    database.close()
