"""Names of enterprises taken apart: area, core, legal form, branch."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from features.identity.rules import IdentityRules, area_words, district_words
from features.identity.text import plain_text, replaced


@dataclass(frozen=True)
class NameParts:
    """One entry a name, as arrays of texts; "" where a part is missing.

    `whole` is the name in plain spelling, `core` what is left of it once area, brackets, legal form
    and branch are taken away, `district` the district it names, `has_area` whether any area stands
    before it or in brackets.
    """

    whole: Any
    core: Any
    form: Any
    branch: Any
    district: Any
    has_area: Any


def split_names(names: Any, *, rules: IdentityRules) -> NameParts:
    """Take distinct names (pyarrow array) apart."""
    whole = plain_text(names)
    areas = any_of(area_words())
    text = replaced(whole, rf"\((?:{any_of(rules.bracket_words)})\)", "")
    district = first_group(text, f"({any_of(district_words())})")
    has_area = pc.match_substring_regex(text, f"(?:^|\\()(?:{areas})")
    text = replaced(text, rf"\((?:{areas})+\)", "")
    bare = replaced(replaced(text, r"[()]", ""), f"^(?:{areas})+", "")
    forms = any_of(rules.legal_forms)
    # The head ends at its legal form; a branch is what follows it.
    head = replaced(bare, f"({forms}).*$", "")
    form = first_group(bare, f"({forms})")
    tail = replaced(bare, f"^.*?(?:{forms})", "")
    branch = pc.if_else(pc.equal(form, ""), _branch_of(bare, rules), tail)
    whole = replaced(whole, r"[()]", "")
    # A name that is nothing but an area and a form keeps itself.
    core = pc.if_else(pc.equal(head, ""), whole, head)
    codes = pa.array([*rules.legal_forms.values(), ""])
    places = pc.index_in(form, value_set=pa.array([*rules.legal_forms, ""]))
    return NameParts(
        whole=whole,
        core=core,
        form=codes.take(places),
        branch=branch,
        district=district,
        has_area=has_area,
    )


def _branch_of(names: Any, rules: IdentityRules) -> Any:
    return first_group(names, f"({any_of(rules.branch_words)})$")


def any_of(words: Sequence[str] | Any) -> str:
    """A regular expression of words, in their order."""
    return "|".join(re.escape(word) for word in words)


def first_group(texts: Any, pattern: str) -> Any:
    """The first group of the first match, "" where there is none."""
    found = pc.extract_regex(texts, pattern.replace("(", "(?P<it>", 1))
    return pc.fill_null(pc.struct_field(found, "it"), "")
