"""Chinese first, English second: which of the two a reader asked for."""

from typing import Literal

Language = Literal["zh", "en"]


def chosen_language(accept_language: str | None) -> Language:
    """The better of Chinese and English for an ``Accept-Language`` header; Chinese when unsaid.

    Only the language counts, not the region: ``en-GB`` is English, ``zh-Hant`` is Chinese.
    """
    weights: dict[Language, float] = {"zh": -1.0, "en": -1.0}
    for entry in (accept_language or "").lower().split(","):
        tag, _, parameters = entry.strip().partition(";")
        language = tag.partition("-")[0]
        if language == "zh":
            weights["zh"] = max(weights["zh"], _weight(parameters))
        elif language == "en":
            weights["en"] = max(weights["en"], _weight(parameters))
    return "en" if weights["en"] > max(weights["zh"], 0.0) else "zh"


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
