"""Whether two names of people, as typed, are one person's."""

import unicodedata


def same_person(one: str, other: str) -> bool:
    """Whether two names are one: width, blanks, dots and letter case make nobody another person.

    The one comparison of everything that two people must sign. Two people of one name are told
    apart by what they add to it (office, number): rather too strict than one person signing twice.
    """
    return _letters(one) == _letters(other)


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in plain if character.isalnum())
