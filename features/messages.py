"""A sentence told to a person in Chinese and in English."""

from typing import NamedTuple


class Message(NamedTuple):
    """Chinese first; the English says the same."""

    zh: str
    en: str
