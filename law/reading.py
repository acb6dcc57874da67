"""Strict reading of YAML: every fault of every file is collected before anything is said."""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from law.errors import ParameterFileError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass
class Faults:
    """The faults found so far, and the place where the reader stands."""

    messages: list[tuple[str, str]] = field(default_factory=list)
    _place: list[str] = field(default_factory=list)

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Name the file, the entry or the key that the faults inside belong to."""
        self._place.append(place)
        try:
            yield
        finally:
            self._place.pop()

    def add(self, zh: str, en: str) -> None:
        where = " › ".join(self._place)
        self.messages.append((f"{where}：{zh}", f"{where}: {en}"))

    def raise_all(self) -> None:
        """Raise one error with all the faults, if there is any.

        Raises
        ------
        ParameterFileError
            One line a fault, Chinese block first.
        """
        if not self.messages:
            return
        zh = "\n".join(f"  {zh}" for zh, _ in self.messages)
        en = "\n".join(f"  {en}" for _, en in self.messages)
        count = len(self.messages)
        raise ParameterFileError(
            f"法律参数文件有 {count} 处错误，请逐一改正后重新载入：\n{zh}",
            f"{count} fault(s) in the files of law; correct each and load again:\n{en}",
        )


# The parser in C reads the book of law in a tenth of the time; every command waits for it.
_FastLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_FastLoader):  # type: ignore[valid-type, misc]
    """Days stay text, so that an impossible one is reported with the other faults."""

    repeated: list[Hashable]

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                self.repeated.append(key)
            seen.add(key)
        made: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return made


_NOT_YAML_1_2 = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NOT_YAML_1_2]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
# Only true and false are flags; yes, no, on and off stay words, as a reader expects.
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def read_yaml(path: Path, faults: Faults) -> dict[str, Any] | None:
    """Read a file whose top is a mapping; None when it cannot be read at all."""
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        loader.repeated = []
        content = loader.get_single_data()
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        message = " ".join(str(error).split())
        faults.add(f"不是可读的 UTF-8 YAML（{message}）", f"not readable UTF-8 YAML ({message})")
        return None
    for key in loader.repeated:
        faults.add(f"键 {key!r} 出现多次，请只保留一个", f"key {key!r} is repeated; keep one")
    if not isinstance(content, dict):
        faults.add("顶层应为键值表", "the top of the file must be a mapping")
        return None
    return content


def check_keys(
    entry: Mapping[Any, Any], faults: Faults, *, required: Iterable[str], optional: Iterable[str]
) -> None:
    """Report keys that are missing and keys that nobody reads."""
    required, known = tuple(required), {*required, *optional}
    for key in required:
        if key not in entry:
            faults.add(f"缺少 {key}", f"{key} is missing")
    for key in entry:
        if key not in known:
            listed = "、".join(sorted(known))
            faults.add(
                f"未知的键 {key!r}，允许的键：{listed}",
                f"unknown key {key!r}; known keys: {', '.join(sorted(known))}",
            )


def read_text(entry: Mapping[Any, Any], key: str, faults: Faults) -> str:
    """Non-empty text under a required key; "" when it is wrong (a fault says so)."""
    value = entry.get(key)
    if isinstance(value, str) and value.strip():
        return value.strip()
    if key in entry:
        faults.add(f"{key} 应为非空文字，实为 {value!r}", f"{key} must be text, got {value!r}")
    return ""


def read_optional_text(entry: Mapping[Any, Any], key: str, faults: Faults) -> str | None:
    """Text, or None where the key is absent or null."""
    return None if entry.get(key) is None else read_text(entry, key, faults) or None


def read_flag(entry: Mapping[Any, Any], key: str, faults: Faults, *, default: bool = False) -> bool:
    """A true or false; `default` where the key is absent."""
    value = entry.get(key, default)
    if isinstance(value, bool):
        return value
    faults.add(
        f"{key} 应为 true 或 false，实为 {value!r}", f"{key} must be true or false, got {value!r}"
    )
    return default


def read_choice(
    entry: Mapping[Any, Any], key: str, faults: Faults, *, choices: Iterable[str]
) -> str:
    """One of the words of a closed list."""
    value, listed = entry.get(key), tuple(choices)
    if isinstance(value, str) and value in listed:
        return value
    if key in entry:
        faults.add(
            f"{key} 的取值 {value!r} 不在 {'、'.join(listed)} 之中",
            f"{key} is {value!r}; it must be one of {', '.join(listed)}",
        )
    return ""


def read_day(entry: Mapping[Any, Any], key: str, faults: Faults) -> date | None:
    """A day written YYYY-MM-DD; None where absent, null or wrong (a fault says so)."""
    value = entry.get(key)
    if value is None:
        return None
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    faults.add(
        f"{key} 的日期 {value!r} 无效，请写成真实存在的 YYYY-MM-DD",
        f"{key} is {value!r}; write a day that exists as YYYY-MM-DD",
    )
    return None
