"""What is fixed before and after the randomness of a year's patrol cycles."""

from typing import Final, Literal

from pydantic import AwareDatetime

from scoring.double_random.documents import Count, Document, Sha256

CYCLES_VERSION: Final = "xinheng-cycles/1"


class CycleCommitment(Document):
    """Published before the randomness exists.

    The frame is ``frame.txt``, names and addresses are ``objects.parquet``, both hashed as they
    are.
    """

    version: Literal["xinheng-cycles/1"]
    year: Count
    run_id: str
    interval_months: dict[str, Count]
    yearly_cap: Count
    minimum_randomness_bits: Count
    frame_rows: Count
    frame_sha256: Sha256
    objects_sha256: Sha256
    randomness_name: str
    frozen_at: AwareDatetime


class CycleDraw(Document):
    """The randomness as it was read out, and the seed made of it."""

    version: Literal["xinheng-cycles/1"]
    year: Count
    randomness: str
    randomness_name: str
    randomness_at: AwareDatetime
    drawn_at: AwareDatetime
    seed: Sha256
