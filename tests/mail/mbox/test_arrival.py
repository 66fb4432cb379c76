"""When messages arrived."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files.mbox import NEW_YEAR, Letter, mail, mbox, read_back, separator

HOUR = 3600
RECEIVED = "Received: from a.example by b.example;\n\tWed, 1 Jan 2020 13:30:05 +0100 (CET)\n"
YEARS_AGO = 1_388_579_405
LONG_AGO = "Received: from a.example by b.example; Wed, 1 Jan 2014 13:30:05 +0100\n"


@pytest.mark.parametrize(
    ("line", "fields", "instant"),
    [
        (separator(), "", NEW_YEAR),
        (separator(), "Date: Wed, 1 Jan 2020 08:00:00 +0000\n", NEW_YEAR),
        (separator(), RECEIVED, NEW_YEAR + 1805),
        (separator(), LONG_AGO + RECEIVED, NEW_YEAR + 1805),
        (separator(), LONG_AGO, NEW_YEAR),
        (separator(), "Received: from a.example by b.example; soon\n", NEW_YEAR),
        (separator(zone="+0200"), RECEIVED, NEW_YEAR - 2 * HOUR),
        (separator(zone="EST"), "", NEW_YEAR + 5 * HOUR),
        (separator(zone="GMT"), "", NEW_YEAR),
        (separator(zone="CET"), "", NEW_YEAR),
        (separator() + " -0130", "", NEW_YEAR + HOUR + HOUR // 2),
        (separator(sender="-"), "", NEW_YEAR),
        (separator(sender="-"), LONG_AGO, YEARS_AGO),
        (separator(sender="-"), "Date: Wed, 1 Jan 2014 12:30:05 GMT\n", YEARS_AGO),
        (separator(sender="-"), "Date: once\nReceived: by b.example; Wed, 1 Jan 1914 12:30:05 GMT\n", NEW_YEAR),
        ("From anna@old.example", "Date: Wed, 1 Jan 2020 08:00:00 +0000\n" + LONG_AGO, YEARS_AGO),
        ("From anna@old.example", "", -1),
        ("From anna@old.example Wed Jan 32 12:00:00 2020", "", -1),
        ("From anna@old.example Wed Jan 31 25:00:00 2020", "", -1),
    ],
)
def test_when_a_message_arrived(tmp_path: Path, line: str, fields: str, instant: int) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([Letter(mail("one", fields=fields), separator=line)]))
    (item,) = read_back(path)
    assert item.instant == instant
