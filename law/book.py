"""The book of law: every parameter and code table of the package, and of an office's overlay."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from law.code_tables import Code, CodeTable, read_code_table
from law.errors import ParameterFileError, UnknownCodeTableError, UnknownParameterError
from law.reading import Faults, check_keys, read_yaml
from law.regions import NATIONWIDE
from law.values import Parameter, Value, build_parameter, read_parameter, read_values

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class LawBook:
    """Parameters and code tables, checked; immutable for as long as the process runs."""

    parameters: Mapping[str, Parameter]
    tables: Mapping[str, CodeTable]

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.parameters))

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name, with all its values.

        Raises
        ------
        UnknownParameterError
            No such parameter; the message offers names that look alike.
        """
        if name not in self.parameters:
            alike = difflib.get_close_matches(name, self.parameters, n=3)
            raise UnknownParameterError(*_unknown("参数", "parameter", name=name, alike=alike))
        return self.parameters[name]

    def lookup(self, name: str, *, on: date, region: str = NATIONWIDE) -> Value:
        return self.parameter(name).on(on, region=region)

    def codes(self, table: str, *, on: date | None = None) -> dict[str, Code]:
        """Codes of a table by code; only those in force where `on` is given.

        Raises
        ------
        UnknownCodeTableError
            No such table; the message offers names that look alike.
        """
        if table not in self.tables:
            alike = difflib.get_close_matches(table, self.tables, n=3)
            raise UnknownCodeTableError(*_unknown("代码表", "code table", name=table, alike=alike))
        return self.tables[table].on(on)

    def unconfirmed(self, *, on: date | None = None) -> tuple[Value, ...]:
        """Values that wait for 法制科, by name, region and day; only those in force on `on`."""
        return tuple(
            value
            for name in self.names()
            for value in self.parameters[name].values
            if value.value is not None
            and not value.is_confirmed
            and (on is None or _in_force(value, on))
        )


def _in_force(value: Value, on: date) -> bool:
    return value.since <= on and (value.until is None or on <= value.until)


def _unknown(zh: str, en: str, *, name: str, alike: Iterable[str]) -> tuple[str, str]:
    offered = "、".join(alike)
    hint_zh = f"，是否指 {offered}？" if offered else "，可用 law.names() 查看全部名称"
    hint_en = f"; did you mean {offered}?" if offered else "; law.names() lists the parameters"
    return f"没有{zh} {name}{hint_zh}", f"there is no {en} {name}{hint_en}"


def load(overlay: Path | None = None) -> LawBook:
    """Read and check every file; the second call with the same folder costs nothing.

    Parameters
    ----------
    overlay
        A folder of an office laid out like the package: `parameters/<topic>/<name>.yaml`. A file
        there of a known name gives `values:` only; they join the package's values, and one of
        the same region and day replaces it. A file of a new name is a whole parameter.

    Raises
    ------
    ParameterFileError
        All faults of all files at once.
    """
    return _load(overlay)


@cache
def _load(overlay: Path | None) -> LawBook:
    if overlay is None:
        return load_folder(_HERE)
    package, faults = load(), Faults()
    parameters = dict(package.parameters)
    _read_overlay(overlay, parameters, faults, tables=package.tables)
    faults.raise_all()
    return LawBook(parameters=parameters, tables=package.tables)


@cache
def package_codes(name: str) -> CodeTable | None:
    """One code table of the package, read by itself; None where there is no such file.

    Who only wants to know what a code is called need not wait for every parameter of the law.
    """
    path, faults = _HERE / "codes" / f"{name}.yaml", Faults()
    table = _read_table(path, faults) if name.isidentifier() and path.is_file() else None
    faults.raise_all()
    return table


def load_folder(folder: Path) -> LawBook:
    """Read the `parameters/` and `codes/` of a folder, such as the package's own.

    Raises
    ------
    ParameterFileError
        All faults of all files at once.
    """
    faults = Faults()
    tables = _read_tables(folder / "codes", faults)
    parameters = _read_parameters(folder / "parameters", faults, tables=tables)
    faults.raise_all()
    return LawBook(parameters=parameters, tables=tables)


def _read_tables(folder: Path, faults: Faults) -> dict[str, CodeTable]:
    tables = {}
    for path in sorted(folder.glob("*.yaml")):
        table = _read_table(path, faults)
        if table is not None:
            tables[path.stem] = table
    return tables


def _read_table(path: Path, faults: Faults) -> CodeTable | None:
    with faults.at(f"{path.parent.name}/{path.name}"):
        content = read_yaml(path, faults)
        return None if content is None else read_code_table(path.stem, content, faults)


def _parameter_files(folder: Path, faults: Faults) -> list[tuple[str, Path, str]]:
    """(name, path, place) of every parameter file; a file at another depth is a fault."""
    files = []
    for path in sorted(folder.rglob("*.yaml")):
        inside = path.relative_to(folder)
        place = f"{folder.name}/{inside.as_posix()}"
        if len(inside.parts) == 2:
            files.append((f"{inside.parts[0]}.{path.stem}", path, place))
            continue
        with faults.at(place):
            faults.add("应放在 <主题>/<名称>.yaml", "belongs in <topic>/<name>.yaml")
    return files


def _read_parameters(
    folder: Path, faults: Faults, *, tables: Mapping[str, CodeTable]
) -> dict[str, Parameter]:
    parameters = {}
    for name, path, place in _parameter_files(folder, faults):
        with faults.at(place):
            content = read_yaml(path, faults)
            if content is not None:
                parameters[name] = read_parameter(name, content, faults, tables=tables)
    return parameters


def _read_overlay(
    overlay: Path,
    parameters: dict[str, Parameter],
    faults: Faults,
    *,
    tables: Mapping[str, CodeTable],
) -> None:
    if not overlay.is_dir():
        raise ParameterFileError(
            f"覆盖目录 {overlay} 不存在，请建立目录或者不再指定它",
            f"the overlay folder {overlay} does not exist; create it or stop naming it",
        )
    for name, path, place in _parameter_files(overlay / "parameters", faults):
        with faults.at(f"{overlay.name}/{place}"):
            content = read_yaml(path, faults)
            if content is None:
                continue
            if name in parameters:
                parameters[name] = _join(
                    parameters[name], content, faults, tables=tables, origin=str(path)
                )
            else:
                parameters[name] = read_parameter(name, content, faults, tables=tables)


def _join(
    known: Parameter,
    content: Mapping[str, Any],
    faults: Faults,
    *,
    tables: Mapping[str, CodeTable],
    origin: str,
) -> Parameter:
    """The package's parameter with the office's values laid over it."""
    check_keys(content, faults, required=("values",), optional=())
    added = read_values(known, content, faults, tables=tables, origin=origin)
    joined = {(value.region, value.since): value for value in (*known.values, *added)}
    return build_parameter(known, joined.values())
