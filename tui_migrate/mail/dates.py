"""Dates that are told in other forms than INTERNALDATE's (RFC 3501 section 9, `date-time`): as mail has them, as
ISO 8601, with a zone's name behind its offset, with the month in the language of the server's country."""

from __future__ import annotations

import re
import unicodedata

_NAMES = (
    "jan gen ene",
    "feb fev",
    "mar mrt mrz maa",
    "apr avr abr",
    "may mai mei mag maj",
    "jun juin giu",
    "jul juil lug",
    "aug aou ago",
    "sep set",
    "oct okt ott out",
    "nov",
    "dec dez dic",
)
_MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
"""The first letters, without accents; what is a month in one language and another one in another is not here."""
_ENGLISH = tuple(names.split()[0].capitalize() for names in _NAMES)
_OFFSETS = "Z+0000 UT+0000 UTC+0000 GMT+0000 EST-0500 EDT-0400 CST-0600 CDT-0500 MST-0700 MDT-0600 PST-0800 PDT-0700"
_ZONES = {each[:-5]: each[-5:] for each in _OFFSETS.split()}
"""RFC 5322 section 4.3: what other names mean depends on the country."""
_TIME = r"(?P<time>\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?"
_ZONE = r" ?(?:(?P<offset>[+-]\d\d):?(?P<minutes>\d\d)|(?P<zone>[A-Za-z]+))?(?:[ (][^\d]*)?"
_FORMS = (
    re.compile(
        rf"\s*(?:\w+\.?,? +)?(?P<day>\d{{1,2}})\.?[- ](?P<month>[^\W\d]+)\.?[- ](?P<year>\d{{4}})[ ,]+{_TIME}{_ZONE}"
    ),
    re.compile(rf"\s*(?P<year>\d{{4}})-(?P<number>\d\d)-(?P<day>\d\d)[T ]{_TIME}{_ZONE}"),
)


def rewritten(raw: bytes) -> tuple[bytes, bool] | None:
    """The date in INTERNALDATE's form, without quotes, and whether it tells its zone: else it stands there as +0000.
    None: it is in no form that is known."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    found = next((found for form in _FORMS if (found := form.fullmatch(text))), None)
    if found is None:
        return None
    parts = found.groupdict()
    month = int(parts["number"]) if parts.get("number") else _month(parts["month"])
    if not 1 <= month <= 12:
        return None
    offset = parts["offset"] + parts["minutes"] if parts["offset"] else _ZONES.get((parts["zone"] or "").upper())
    time = parts["time"] if len(parts["time"]) > 5 else parts["time"] + ":00"
    written = f"{int(parts['day']):02d}-{_ENGLISH[month - 1]}-{parts['year']} {time} {offset or '+0000'}"
    return written.encode("ascii"), offset is not None


def _month(name: str) -> int:
    """The number of a month by its name; 0 for a name that is none or more than one."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).lower()
    return next((_MONTHS[plain[:size]] for size in (4, 3) if plain[:size] in _MONTHS), 0)
