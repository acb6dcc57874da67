"""Changes of a drawn round on disk: one file each in ``<round>/changes/``, never replaced.

They lie beside the evidence of the draw, which stays as it was sealed.
"""

from pathlib import Path

from scoring.double_random.campaign import DRAW, Files
from scoring.double_random.changes import Asked, Standing, carry_out, make_change, open_standing
from scoring.double_random.documents import Change
from scoring.double_random.verification import MANIFEST, Difference
from scoring.errors import ChangeError, ScoringError
from service.campaigns.errors import RoundNotDrawnError
from service.campaigns.store import create_once, existing_folder, read_files

CHANGES = "changes"


def change_round(campaigns_dir: Path, round_id: str, asked: Asked) -> tuple[Change, Standing]:
    """Call a reserve or replace an inspector; returns the change and the round as it now stands.

    Raises
    ------
    RoundNotDrawnError, RoundNotFrozenError, UnknownRoundError
        There is nothing to change.
    scoring.errors.ChangeError, scoring.errors.InspectorError
        See :func:`scoring.double_random.changes.make_change`.
    """
    standing = load_standing(campaigns_dir, round_id)
    change = make_change(standing, asked)
    folder = existing_folder(campaigns_dir, round_id) / CHANGES
    folder.mkdir(exist_ok=True)
    try:
        create_once(folder / f"{change.number:04d}.json", change.to_bytes())
    except FileExistsError:
        raise ChangeError(
            "另一项变更刚刚登记，请重试", "Another change was just recorded; try again"
        ) from None
    return change, carry_out(standing, change)


def load_standing(campaigns_dir: Path, round_id: str) -> Standing:
    """A drawn round with its changes carried out.

    Raises
    ------
    RoundNotDrawnError, RoundNotFrozenError, UnknownRoundError
        The round is not drawn.
    scoring.errors.ChangeError
        A change on disk is not what follows from the draw.
    """
    folder = existing_folder(campaigns_dir, round_id)
    if not (folder / MANIFEST).exists():
        raise RoundNotDrawnError(round_id)
    return open_standing(read_files(folder), load_changes(folder))


def load_changes(folder: Path) -> list[Change]:
    """The changes of an evidence folder in order; none where there is no folder for them."""
    paths = sorted((folder / CHANGES).glob("[0-9]*.json"))
    return [Change.read(path.read_bytes(), name=f"{CHANGES}/{path.name}") for path in paths]


def verify_changes(files: Files, folder: Path) -> tuple[Difference, ...]:
    """What differs between the changes on disk and what follows from the draw."""
    if DRAW not in files:
        return ()
    try:
        open_standing(files, load_changes(folder))
    except ScoringError as error:
        return (Difference(file=CHANGES, row=None, zh=error.zh, en=error.en),)
    return ()
