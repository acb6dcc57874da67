"""Work out the statutory sheet of one enterprise, and take over what is handed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from features.archive import open_archive
from features.profile import build_matrix_and_profile
from scoring.errors import StatementError
from scoring.statutory import StatutoryRules, assess
from scoring.statutory.statements import StatementMapping, read_facts, read_results
from service.enterprises import repository
from service.errors import UnknownEnterpriseError
from service.grades import repository as runs
from service.pipeline.engines import open_engine
from service.pipeline.filing import open_database
from service.settings import Settings
from service.statutory.store import add_facts, add_results, read_statements

_ENCODINGS = ("utf-8-sig", "gb18030")
_EXCEL = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class StatutorySheet:
    """The result of one enterprise, and the rules it was made with.

    ``general_grade`` is that of the published run of the same day, ``None`` without one: then
    nothing is combined.
    """

    enterprise_id: str
    name: str
    as_of: date
    general_grade: str | None
    result: Mapping[str, Any]
    rules: StatutoryRules


def work_out(settings: Settings, enterprise_id: str, *, as_of: date) -> StatutorySheet:
    """The statutory sheet of an enterprise as of a day, from the archive.

    Raises
    ------
    features.errors.ArchiveMissingError, features.errors.AsOfError
        Nothing was built, or the archive does not reach the day.
    service.errors.UnknownEnterpriseError
        The archive has no such enterprise in business on the day.
    """
    archive = open_archive(settings.archive_dir)
    rules = StatutoryRules.of(as_of, region=settings.region)
    ids = [enterprise_id]
    with open_engine(settings) as engine:
        matrix, profile = build_matrix_and_profile(
            engine,
            archive,
            as_of=as_of,
            enterprise_ids=ids,
            names=rules.indicators,
            with_places=True,
        )
        if not profile.num_rows:
            raise UnknownEnterpriseError(enterprise_id)
        general = _published_grade(settings, enterprise_id, as_of=as_of)
        result = assess(
            engine,
            archive,
            profile,
            matrix,
            grade=np.array([general or ""]),
            as_of=as_of,
            rules=rules,
            statements=read_statements(settings.statutory_dir),
            enterprise_ids=ids,
        )
    (row,), (about,) = result.to_pylist(), profile.to_pylist()
    return StatutorySheet(enterprise_id, about["name"], as_of, general, row, rules)


def import_results(
    settings: Settings, path: Path, *, known_at: datetime, mapping: Path | None = None
) -> int:
    """Take over a province's results; returns how many rows.

    Raises
    ------
    StatementError
        The file cannot be read, or names every faulty row; nothing is taken over then.
    """
    rows = read_results(
        _read_file(path), known_at=known_at, mapping=_read_mapping(mapping) if mapping else None
    )
    add_results(settings.statutory_dir, rows)
    return int(rows.num_rows)


def import_facts(settings: Settings, path: Path, *, known_at: datetime, on: date) -> int:
    """Take over facts of static score sheets by the tables of day `on`; returns how many rows.

    Raises
    ------
    StatementError
        As :func:`import_results`.
    """
    food = StatutoryRules.of(on, region=settings.region).food
    if food is None:
        raise StatementError(
            f"{on} 尚无食品静态评分表，不能登记", f"there is no static table of food on {on}"
        )
    rows = read_facts(_read_file(path), rules=food, known_at=known_at)
    add_facts(settings.statutory_dir, rows)
    return int(rows.num_rows)


def _published_grade(settings: Settings, enterprise_id: str, *, as_of: date) -> str | None:
    with open_database(settings) as database, database.reading() as session:
        run = runs.published_run(session)
        if run is None or run["as_of"] != as_of:
            return None
        row = repository.find_grade(session, enterprise_id, load_id=run["load_id"])
        return None if row is None else str(row["grade"])


def _read_file(path: Path) -> pd.DataFrame:
    """A CSV or Excel file, every cell as text."""
    if path.suffix.lower() in _EXCEL:
        try:
            return pd.read_excel(path, dtype=str, keep_default_na=False).map(_day_alone)
        except ValueError as error:
            raise _unreadable(path, str(error)) from None
    for encoding in _ENCODINGS:
        try:
            return pd.read_csv(path, dtype=str, keep_default_na=False, encoding=encoding)
        except UnicodeDecodeError:
            continue
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise _unreadable(path, str(error)) from None
    raise _unreadable(path, "UTF-8, GB18030")


def _day_alone(text: str) -> str:
    # A day typed into Excel comes with the time of midnight.
    return text.removesuffix(" 00:00:00")


def _read_mapping(path: Path) -> StatementMapping:
    content = yaml.safe_load(path.read_text("utf-8"))
    tables = ("columns", "grades")
    fits = isinstance(content, dict) and set(content) <= set(tables)
    if not fits or not all(isinstance(content.get(name, {}), dict) for name in tables):
        raise StatementError(
            f"映射文件 {path.name} 只能有 columns（我方字段: 对方列名）和"
            " grades（对方等级: A 至 D）",
            f"the mapping {path.name} may have columns (our field: their header) and grades (their "
            "word: A to D) only",
        )
    texts = [{str(k): str(v) for k, v in content.get(name, {}).items()} for name in tables]
    return StatementMapping(*texts)


def _unreadable(path: Path, reason: str) -> StatementError:
    return StatementError(
        f"{path.name} 不是可读的 CSV 或 Excel 文件（{reason}）",
        f"{path.name} is no readable CSV or Excel file ({reason})",
    )
