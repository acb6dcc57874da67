"""What an industry of GB/T 4754 is called where the table of classes does not have it."""

from functools import cache

import law

_DIVISION_DIGITS = 2


@cache
def industry_name(code: str) -> str:
    """The Chinese name of a class; else its section with the code; the code itself where none fits.

    References
    ----------
    law/codes/industries.yaml, law/codes/industry_sections.yaml
    """
    exact = law.codes("industries").get(code)
    if exact is not None:
        return exact.zh
    division = code[:_DIVISION_DIGITS]
    for section in law.codes("industry_sections").values():
        if section.attributes["first"] <= division <= section.attributes["last"]:
            return f"{section.zh} {code}"
    return code
