"""Errors a user can act on. Every room's errors inherit from :class:`XinhengError`."""


class XinhengError(Exception):
    """A mistake or a missing thing, told in Chinese and in English.

    The message names the thing, the value, the day or row, and what to do.
    """

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.zh = zh
        self.en = en

    def __str__(self) -> str:
        return f"{self.zh}\n{self.en}"


class LawError(XinhengError):
    """Base of the law room."""


class UnknownParameterError(LawError, KeyError):
    """No parameter of that name."""


class UnknownCodeTableError(LawError, KeyError):
    """No code table of that name."""


class NoValueError(LawError, LookupError):
    """The parameter has no value on that day in that region."""


class RegionError(LawError, ValueError):
    """Not a GB/T 2260 code of six digits."""


class ParameterFileError(LawError, ValueError):
    """A file of parameters, codes or working days breaks its own rules."""


class PeriodError(LawError, ValueError):
    """A period that cannot be counted: less than one day, for instance."""
