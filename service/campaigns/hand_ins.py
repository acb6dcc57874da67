"""The files that an office hands in with a plan."""

from dataclasses import dataclass
from pathlib import Path

from scoring.double_random import HandedIn
from scoring.double_random.libraries import (
    FROZEN_CHANGES,
    FROZEN_RECORD,
    LIBRARIES,
    frozen_name,
)
from scoring.double_random.tables import AVOIDANCE, INSPECTORS, ITEM_OBJECTS, ITEMS
from service.campaigns.errors import HandInMissingError


@dataclass(frozen=True)
class HandInPaths:
    """CSV files that an office hands in with a plan.

    `libraries` is the folder of a hand-in, whose frozen libraries go into the evidence.
    """

    inspectors: Path
    avoidance: Path | None = None
    exclusions: Path | None = None
    rested: Path | None = None
    items: Path | None = None
    item_objects: Path | None = None
    libraries: Path | None = None

    @classmethod
    def of_hand_in(
        cls, folder: Path, *, exclusions: Path | None = None, rested: Path | None = None
    ) -> "HandInPaths":
        """The tables of `xinheng library hand-in`, with the libraries that they come from."""
        return cls(
            inspectors=folder / INSPECTORS.file,
            avoidance=folder / AVOIDANCE.file,
            exclusions=exclusions,
            rested=rested,
            items=folder / ITEMS.file,
            item_objects=folder / ITEM_OBJECTS.file,
            libraries=folder,
        )


def read_hand_ins(paths: HandInPaths) -> HandedIn:
    """The tables in bytes.

    Raises
    ------
    HandInMissingError
        A file is not there.
    """
    return HandedIn(
        inspectors=_read(paths.inspectors),
        avoidance=_read_if_given(paths.avoidance),
        exclusions=_read_if_given(paths.exclusions),
        rested=_read_if_given(paths.rested),
        items=_read_if_given(paths.items),
        item_objects=_read_if_given(paths.item_objects),
        libraries={} if paths.libraries is None else _read_libraries(paths.libraries),
    )


def _read_libraries(folder: Path) -> dict[str, bytes]:
    names = (FROZEN_RECORD, FROZEN_CHANGES, *map(frozen_name, LIBRARIES))
    return {name: _read(folder / name) for name in names}


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise HandInMissingError(path)
    return path.read_bytes()


def _read_if_given(path: Path | None) -> bytes | None:
    return None if path is None else _read(path)
