"""Whose words stand behind an error: where there is no server, none is named."""

from __future__ import annotations

import pytest

from tui_migrate.cli.output import speaker
from tui_migrate.errors import (
    BadInput,
    CertificateRefused,
    DiskFull,
    FilesMissing,
    LoginRefused,
    MailError,
    MessageDamaged,
    MessageUnreadable,
    MigrateError,
    OverQuota,
    quoted,
    said,
)


@pytest.mark.parametrize(
    ("error", "shown", "word"),
    [
        (LoginRefused("No.", server_words="NO no"), "The server said: NO no", "server"),
        (OverQuota("Full.", server_words="NO [OVERQUOTA] full"), "The server said: NO [OVERQUOTA] full", "server"),
        (CertificateRefused("Old.", server_words="expired"), "OpenSSL says: expired", "detail"),
        (FilesMissing("None.", server_words="No such file"), "In detail: No such file", "detail"),
        (MessageDamaged("Torn.", server_words="a.pst: block 0x54"), "In detail: a.pst: block 0x54", "detail"),
        (MessageUnreadable("Shut.", server_words="Permission denied"), "In detail: Permission denied", "detail"),
        (DiskFull("Full.", server_words="No space left"), "In detail: No space left", "detail"),
    ],
)
def test_the_words_behind_an_error_are_those_of_whom_they_are(error: MailError, shown: str, word: str) -> None:
    assert quoted(error) == f"{said(error.kind)}: {error.server_words}" == shown
    assert speaker(error.kind) == word


@pytest.mark.parametrize("error", [None, BadInput([]), LoginRefused("No.")])
def test_where_nobody_said_anything_nothing_is_quoted(error: MigrateError | None) -> None:
    assert quoted(error) == ""
