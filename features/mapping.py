"""Mappings of sources: load them, check them, find the one that fits a file."""

import hashlib
from collections.abc import Mapping as Dict
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from features.catalogue import CATALOG_FOLDER
from features.errors import MappingError, UnknownSourceError
from features.mapping_rules import find_faults
from features.mapping_schema import Mapping
from features.messages import Message

SOURCES_FOLDER = CATALOG_FOLDER / "sources"

_MERGE = "tag:yaml.org,2002:merge"
_REASONS_ZH = {"extra_forbidden": "不认识的键", "missing": "缺少此键"}


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML lets the last of two equal keys win; in a mapping that is always a slip."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        own = [key for key, _ in node.value if key.tag != _MERGE]
        keys = [self.construct_object(key, deep=True) for key in own]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", node.start_mark
                )
        return super().construct_mapping(node, deep=deep)


def load_mappings(*, extra_folder: Path | None = None) -> dict[str, Mapping]:
    """All mappings by source: the built-in ones and those of an office's own folder.

    Raises
    ------
    MappingError
        With every fault of every file.
    """
    folders = [SOURCES_FOLDER, *([extra_folder] if extra_folder else [])]
    mappings: dict[str, Mapping] = {}
    faults: list[MappingError] = []
    for path in (path for folder in folders for path in sorted(folder.glob("*.yaml"))):
        try:
            mapping = load_mapping(path)
            _refuse_second(mapping, known=mappings, path=path)
            mappings[mapping.source] = mapping
        except MappingError as error:
            faults.append(error)
    if faults:
        raise MappingError(
            "\n".join(error.zh for error in faults), "\n".join(error.en for error in faults)
        )
    return mappings


def load_mapping(path: Path) -> Mapping:
    """One mapping file.

    Raises
    ------
    MappingError
        With every fault of the file.
    """
    content = path.read_bytes()
    try:
        data = yaml.load(content.decode("utf-8"), Loader=_UniqueKeyLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _error(path, [Message(f"不是有效的 YAML：{error}", f"not YAML: {error}")]) from error
    if not isinstance(data, dict):
        raise _error(path, [Message("文件没有内容", "the file says nothing")])
    try:
        mapping = Mapping(**{**data, "digest": hashlib.sha256(content).hexdigest()})
    except ValidationError as error:
        raise _error(path, _schema_faults(error)) from error
    if faults := find_faults(mapping):
        raise _error(path, faults)
    return mapping


def find_source(path: Path, mappings: Dict[str, Mapping]) -> Mapping:
    """The one mapping whose ``files`` patterns fit `path` (name, or folder and name).

    Raises
    ------
    UnknownSourceError
        None fits, or several do.
    """
    fitting = [m for m in mappings.values() if any(path.match(glob) for glob in m.files)]
    if len(fitting) == 1:
        return fitting[0]
    known = "、".join(sorted(mappings))
    if not fitting:
        raise UnknownSourceError(
            f"没有映射认得文件“{path.name}”；请指明来源（可用：{known}），或新写一个映射",
            f'no mapping fits the file "{path.name}"; name its source (there are: {known}) '
            "or write a mapping",
        )
    names = "、".join(mapping.source for mapping in fitting)
    raise UnknownSourceError(
        f"文件“{path.name}”有多个映射可用：{names}；请指明来源",
        f'several mappings fit the file "{path.name}": {names}; name its source',
    )


def get_mapping(source: str, mappings: Dict[str, Mapping]) -> Mapping:
    """The mapping named `source`.

    Raises
    ------
    UnknownSourceError
        There is none of that name.
    """
    if source in mappings:
        return mappings[source]
    known = "、".join(sorted(mappings))
    raise UnknownSourceError(
        f"没有名为“{source}”的来源；可用：{known}",
        f'there is no source "{source}"; there are: {known}',
    )


def _refuse_second(mapping: Mapping, *, known: Dict[str, Mapping], path: Path) -> None:
    if mapping.source in known:
        raise _error(
            path,
            [
                Message(
                    f"来源“{mapping.source}”已有映射，请改名",
                    f'the source "{mapping.source}" has a mapping already, choose another name',
                )
            ],
        )


def _schema_faults(error: ValidationError) -> list[Message]:
    faults = []
    for item in error.errors():
        place = ".".join(str(part) for part in item["loc"]) or "mapping"
        reason = _REASONS_ZH.get(item["type"], "取值不合要求")
        faults.append(Message(f"{place}：{reason}（{item['msg']}）", f"{place}: {item['msg']}"))
    return faults


def _error(path: Path, faults: list[Message]) -> MappingError:
    zh = "；\n  ".join(fault.zh for fault in faults)
    en = ";\n  ".join(fault.en for fault in faults)
    return MappingError(
        f"映射 {path.name} 有 {len(faults)} 处错误：\n  {zh}",
        f"the mapping {path.name} has {len(faults)} faults:\n  {en}",
    )
