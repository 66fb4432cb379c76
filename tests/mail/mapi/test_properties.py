"""What an item's properties say of it: what it is, its flags, when it arrived."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.outlook import filetime
from tui_migrate.mail.imap.flags import Keeping, appendable
from tui_migrate.mail.mapi.classes import why_no_mail
from tui_migrate.mail.mapi.codepages import charsets, encoding_of
from tui_migrate.mail.mapi.dates import arrived
from tui_migrate.mail.mapi.flags import flags_of
from tui_migrate.mail.mapi.item import Value


@pytest.mark.parametrize(
    ("message_class", "folder_class", "reason"),
    [
        ("IPM.Note", "IPF.Note", None),
        ("ipm.note\0", "", None),
        ("IPM.Note.SMIME.MultipartSigned", "IPF.Appointment", None),
        ("IPM.Post", "IPF.Contact", None),
        ("IPM.Schedule.Meeting.Request", "IPF.Appointment", None),
        ("IPM.Sharing", "", None),
        ("IPM.TaskRequest.Accept", "IPF.Task", None),
        ("REPORT.IPM.Note.NDR", "", None),
        ("", "", None),
        ("IPM", "IPF.Note", None),
        ("IPM.Unheard.Of", "ipf.note.outlookhomepage", None),
        ("IPM.Unheard.Of", "", None),
        ("IPM.Unheard.Of", "IPF.Journal", "items of an unknown kind"),
        ("", "IPF.Contact", "items of an unknown kind"),
        ("IPM.Appointment", "IPF.Note", "appointments"),
        ("IPM.APPOINTMENT.Occurrence", "", "appointments"),
        ("IPM.Contact", "", "contacts"),
        ("IPM.DistList", "", "distribution lists"),
        ("IPM.Task", "", "tasks"),
        ("IPM.StickyNote", "", "notes"),
        ("IPM.Activity", "", "journal entries"),
        ("IPM.Notebook", "", None),
        ("IPM.Configuration.Mail", "IPF.Note", "settings of Outlook"),
        ("IPM.Rule.Version2.Message", "", "settings of Outlook"),
        ("IPM.RuleOrganizer", "", "settings of Outlook"),
        ("IPM.ExtendedRule.Message", "", "settings of Outlook"),
        ("IPM.Microsoft.FolderDesign.NamedView", "IPF.Note", "settings of Outlook"),
    ],
)
def test_what_is_mail_and_what_is_not(message_class: str, folder_class: str, reason: str | None) -> None:
    assert why_no_mail(message_class, folder_class) == reason


@pytest.mark.parametrize(
    ("properties", "flags"),
    [
        ({}, set()),
        ({0x0E07: 1}, {"\\Seen"}),
        ({0x0E07: 9}, {"\\Seen", "\\Draft"}),
        ({0x0E07: 0x10}, set()),
        ({0x1090: 2}, {"\\Flagged"}),
        ({0x1090: 1}, set()),
        ({0x1081: 102}, {"\\Answered"}),
        ({0x1081: 103}, {"\\Answered"}),
        ({0x1081: 104}, {"$Forwarded"}),
        ({0x1080: 261}, {"\\Answered"}),
        ({0x1080: 262}, {"$Forwarded"}),
        ({0x1081: 104, 0x1080: 261}, {"$Forwarded"}),
        ({0x0E07: "x", 0x1090: b"", 0x1081: "102"}, set()),
    ],
)
def test_flags(properties: dict[int, Value], flags: set[str]) -> None:
    assert flags_of(properties, ()) == flags


def test_categories_are_keywords() -> None:
    keywords = ["Work", "To do (soon)", "Büro", 'a"b\\c]d%e*f{g', "Work\0", "", " "]
    assert flags_of({}, keywords) == {"Work", "To_do__soon_", "B_ro", "a_b_c_d_e_f_g"}


@given(st.lists(st.text(min_size=1, max_size=50)))
def test_any_category_is_a_keyword_that_a_server_may_be_told(keywords: list[str]) -> None:
    found = flags_of({}, keywords)
    kept, lost = appendable(found, Keeping())
    assert set(kept) == found
    assert not lost


DELIVERED, SENT, CREATED = (datetime(year, 2, 3, 4, 5, 6, tzinfo=UTC) for year in (2001, 2002, 2003))
HEADER = "Date: Sun, 03 Feb 2002 04:05:06 +0000\r\n"
ALL: dict[int, Value] = {0x0E06: filetime(DELIVERED), 0x0039: filetime(SENT), 0x007D: HEADER, 0x3007: filetime(CREATED)}


@pytest.mark.parametrize(
    ("without", "moment"),
    [
        ([], DELIVERED),
        ([0x0E06], SENT),
        ([0x0E06, 0x0039], SENT),
        ([0x0E06, 0x0039, 0x007D], CREATED),
        ([0x0E06, 0x0039, 0x007D, 0x3007], None),
    ],
)
def test_when_it_arrived(without: list[int], moment: datetime | None) -> None:
    properties = {tag: value for tag, value in ALL.items() if tag not in without}
    assert arrived(properties) == (moment and moment.timestamp())


@pytest.mark.parametrize("odd", [0, -1, 2**64 - 1, 0x0CB34557A3DD4000, "x", filetime(datetime(1602, 1, 1, tzinfo=UTC))])
def test_a_date_that_is_none_is_passed_over(odd: Value) -> None:
    assert arrived({0x0E06: odd, 0x0039: filetime(SENT)}) == SENT.timestamp()


def test_a_code_page_is_known_or_not() -> None:
    known = {
        found
        for codepage in (*range(2000), *range(20_000, 21_000), *range(64_999, 65_002), -1, 2**31, None)
        if (found := encoding_of(codepage))
    }
    assert {"cp1252", "cp932", "gbk", "utf_8", "utf_16_le", "koi8_r"} <= known
    for encoding in known:
        assert isinstance(b"a".decode(encoding, "replace"), str)
        for codec, charset in charsets(encoding):
            assert "a".encode(codec).decode(charset.decode()) == "a"
