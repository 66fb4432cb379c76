"""Passwords go out as they are, but for those that are shown in another way than they are typed."""

from __future__ import annotations

import pytest

from tui_migrate.mail.credentials import credentials
from tui_migrate.model import AdminLogin, ImapServer, Login, NetworkServer, PopServer, Secret, SmtpServer

GMAIL = ImapServer("imap.gmail.com")


@pytest.mark.parametrize(
    ("server", "password", "sent"),
    [
        (GMAIL, "abcd efgh ijkl mnop", "abcdefghijklmnop"),
        (GMAIL, "abcd\xa0efgh\xa0ijkl\xa0mnop", "abcdefghijklmnop"),
        (GMAIL, " abcd efgh ijkl mnop ", "abcdefghijklmnop"),
        (ImapServer("IMAP.GoogleMail.com"), "abcd efgh ijkl mnop", "abcdefghijklmnop"),
        (PopServer("pop.gmail.com"), "abcd efgh ijkl mnop", "abcdefghijklmnop"),
        (SmtpServer("smtp.gmail.com"), "abcd efgh ijkl mnop", "abcdefghijklmnop"),
        (GMAIL, "abcd efgh ijkl mnopq", "abcd efgh ijkl mnopq"),
        (GMAIL, "Abcd efgh ijkl mnop", "Abcd efgh ijkl mnop"),
        (GMAIL, "two words ", "two words "),
        (GMAIL, "abcdefghijklmnop", "abcdefghijklmnop"),
        (ImapServer("imap.example"), "abcd efgh ijkl mnop", "abcd efgh ijkl mnop"),
        (ImapServer("imap.gmail.com.example"), "abcd efgh ijkl mnop", "abcd efgh ijkl mnop"),
    ],
)
def test_an_app_password_of_google_has_no_blanks(server: NetworkServer, password: str, sent: str) -> None:
    assert credentials(Login("anna", Secret(password)), server) == ("", "anna", sent)


def test_an_admins_password_is_none() -> None:
    admin = AdminLogin("root", Secret("abcd efgh ijkl mnop"))
    assert credentials(Login("anna", Secret(""), admin), GMAIL)[2] == "abcd efgh ijkl mnop"
