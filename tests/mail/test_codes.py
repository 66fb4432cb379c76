"""What servers answer, and which of our errors it is."""

from __future__ import annotations

import pytest

from tui_migrate.errors import (
    AdminRefused,
    CommandRefused,
    Disconnected,
    LoginRefused,
    LoginTrouble,
    MailError,
    MessageRefused,
    Outlook,
    OverQuota,
    Throttled,
    TooManyConnections,
)
from tui_migrate.mail.imap.codes import append_error, command_error, fetch_error, goodbye, login_error, passes
from tui_migrate.model import AdminLogin, Login, Secret, TokenLogin

LOGIN = Login("alice", Secret("secret"))
BACKOFF = "NO Request is throttled. Suggested Backoff Time: 92415 milliseconds"


def is_one(error: MailError, kind: type[MailError], words: str) -> None:
    """The right error, with the server's words as they came."""
    assert (type(error), error.server_words) == (kind, words)


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        ("AUTHENTICATIONFAILED", "NO [AUTHENTICATIONFAILED] try again later", LoginRefused),
        ("AUTHORIZATIONFAILED", "NO [AUTHORIZATIONFAILED] not yours", LoginRefused),
        ("EXPIRED", "NO [EXPIRED] choose a new password", LoginRefused),
        ("ALERT", "NO [ALERT] Application-specific password required", LoginRefused),
        ("", "NO Invalid credentials", LoginRefused),
        ("", "BAD what?", LoginRefused),
        ("SERVERBUG", "NO [SERVERBUG] Internal error occurred", Throttled),
        ("SERVERBUG", "NO [SERVERBUG] assertion failed", LoginTrouble),
        ("", "NO Server error: Failed to fetch messages in Inbox.", LoginTrouble),
        ("", "NO LOGIN failed: cannot connect to backend", LoginTrouble),
        ("", "NO System I/O error", LoginTrouble),
        ("", "NO Login failed, database error", LoginTrouble),
        ("", "NO timed out", LoginTrouble),
        ("AUTHENTICATIONFAILED", "NO [AUTHENTICATIONFAILED] unable to open your mailbox", LoginRefused),
        ("LIMIT", "NO [LIMIT] enough", TooManyConnections),
        ("UNAVAILABLE", "NO [UNAVAILABLE] Temporary authentication failure.", Throttled),
        ("", "NO User is authenticated but not connected.", Throttled),
        ("", "NO Maximum number of connections from user+IP exceeded", TooManyConnections),
        ("ALERT", "NO [ALERT] Too many simultaneous connections. (Failure)", TooManyConnections),
        ("", BACKOFF, Throttled),
        ("AUTHENTICATIONFAILED", "NO [AUTHENTICATIONFAILED] Temporary authentication failure.", Throttled),
        ("AUTHENTICATIONFAILED", "NO [AUTHENTICATIONFAILED] Too many simultaneous connections", TooManyConnections),
        ("", 'NO AUTHENTICATE failed. [Error="ADTransientException"]', Throttled),
        ("", "NO AUTHENTICATE failed.", LoginRefused),
        ("WEBALERT", "NO [WEBALERT https://accounts.example/signin] Web login required.", LoginRefused),
    ],
)
def test_logins(code: str, words: str, kind: type[MailError]) -> None:
    is_one(login_error(code, words, "LOGIN", LOGIN, "imap.old.example"), kind, words)


@pytest.mark.parametrize(
    ("code", "words", "clear"),
    [
        ("AUTHENTICATIONFAILED", "NO [AUTHENTICATIONFAILED]", True),
        ("", "NO Login failed.", True),
        ("", "NO AUTHENTICATE failed.", True),
        ("", "NO Username and password not accepted", True),
        ("", "NO [ALERT] Your account has been suspended", True),
        ("CONTACTADMIN", "NO [CONTACTADMIN] call us", True),
        ("", "NO", False),
        ("", "NO no", False),
        ("", "NO Anmeldung nicht möglich", False),
        ("", "BAD what?", False),
        ("XCODE", "NO [XCODE] 4711", False),
    ],
)
def test_a_password_is_blamed_only_where_the_server_blames_it(code: str, words: str, clear: bool) -> None:
    error = login_error(code, words, "LOGIN", LOGIN, "imap.old.example")
    assert isinstance(error, LoginRefused)
    assert error.clear is clear
    assert ("without a reason" in error.sentence) is not clear
    assert ("gives no reason" in error.advise(Outlook.GIVEN_UP)) is not clear


def test_a_refusal_that_came_before_the_password_is_not_about_it() -> None:
    error = login_error("", "NO Login failed.", "AUTHENTICATE PLAIN", LOGIN, "imap.old.example", unheard=True)
    assert isinstance(error, LoginRefused)
    assert not error.clear
    assert error.sentence == "imap.old.example ended the login of alice before the password or token was sent."


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("PRIVACYREQUIRED", "lets alice log in only with encryption: set security to tls or starttls."),
        ("EXPIRED", "says that the password for alice has expired."),
    ],
)
def test_a_code_is_put_in_words(code: str, sentence: str) -> None:
    error = login_error(code, "NO", "LOGIN", LOGIN, "imap.old.example")
    assert error.sentence == f"imap.old.example {sentence}"


@pytest.mark.parametrize(
    ("code", "words", "sentence"),
    [
        ("", "NO wrong password", "imap.old.example refused the login of alice by root."),
        ("", "NO", "imap.old.example refused the login of alice by root, without a reason."),
        (
            "AUTHENTICATIONFAILED",
            "NO",
            "imap.old.example refused the login of the admin root (for the mailbox of alice).",
        ),
        (
            "AUTHORIZATIONFAILED",
            "NO",
            "imap.old.example knows the admin root, and does not open the mailbox of alice for that login.",
        ),
    ],
)
def test_a_refused_admin_login_says_whose_fault_it_is(code: str, words: str, sentence: str) -> None:
    by_admin = Login("alice", Secret(""), AdminLogin("root", Secret("secret")))
    error = login_error(code, words, "AUTHENTICATE PLAIN", by_admin, "imap.old.example")
    assert (type(error), error.sentence) == (AdminRefused, sentence)


def test_a_refused_login_says_where_and_who() -> None:
    by_token = Login("alice", Secret(""), token=TokenLogin("print-token {user}"))
    refused = [
        login_error("AUTHENTICATIONFAILED", "NO", "LOGIN", login, "imap.old.example") for login in (LOGIN, by_token)
    ]
    assert [error.sentence for error in refused] == [
        "imap.old.example refused the login of alice.",
        "imap.old.example refused the token for alice.",
    ]
    assert "app password" in refused[0].advice
    assert "token command" in refused[1].advice
    asked = login_error("WEBALERT", "NO [WEBALERT x] Web login required.", "LOGIN", LOGIN, "imap.old.example")
    assert asked.sentence == "imap.old.example wants alice to log in with a web browser before mail programs can."


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        ("OVERQUOTA", "NO [OVERQUOTA] whatever", OverQuota),
        ("", "NO Quota exceeded (mailbox for user is full)", OverQuota),
        ("ALERT", "NO [ALERT] Over quota", OverQuota),
        ("", "NO mailbox is full", OverQuota),
        ("TRYCREATE", "NO [TRYCREATE] Mailbox doesn't exist", CommandRefused),
        ("NONEXISTENT", "NO [NONEXISTENT] no such mailbox", CommandRefused),
        ("NOPERM", "NO [NOPERM] read only", CommandRefused),
        ("UNAVAILABLE", "NO [UNAVAILABLE] the disk is away", Throttled),
        ("INUSE", "NO [INUSE] locked", Throttled),
        ("", BACKOFF, Throttled),
        ("TOOBIG", "NO [TOOBIG] Maximum size of appendable message has been exceeded", MessageRefused),
        ("LIMIT", "NO [LIMIT] 128 user flags", MessageRefused),
        ("CANNOT", "NO [CANNOT] Message contains bare newlines", MessageRefused),
        ("", "NO Message contains NUL characters", MessageRefused),
        ("", "NO Message refused because it contains a virus", MessageRefused),
        ("", "BAD Command Argument Error. 11", MessageRefused),
    ],
)
def test_messages_that_are_not_stored(code: str, words: str, kind: type[MailError]) -> None:
    is_one(append_error(code, words, "APPEND INBOX"), kind, words)


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        ("", BACKOFF, Throttled),
        ("THROTTLED", "NO [THROTTLED] slowly", Throttled),
        ("UNAVAILABLE", "NO [UNAVAILABLE] this message is away", MessageRefused),
        ("SERVERBUG", "NO [SERVERBUG] internal error", MessageRefused),
        ("", "NO Server error while fetching messages", MessageRefused),
    ],
)
def test_messages_that_are_not_handed_out(code: str, words: str, kind: type[MailError]) -> None:
    is_one(fetch_error(code, words, "UID FETCH 7 (BODY.PEEK[])"), kind, words)


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        ("NOPERM", "NO [NOPERM] not yours", CommandRefused),
        ("", "NO Mailbox doesn't exist", CommandRefused),
        ("INUSE", "NO [INUSE] being repaired", Throttled),
        ("", "NO Account exceeded command or bandwidth limits", Throttled),
    ],
)
def test_commands_about_folders(code: str, words: str, kind: type[MailError]) -> None:
    is_one(command_error("The folder cannot be opened.", code, words, "SELECT INBOX"), kind, words)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("BYE Autologout; idle for too long", Disconnected),
        ("BYE Session expired, please login again", Disconnected),
        ("BYE Too many concurrent connections", TooManyConnections),
        ("BYE Server busy, try again later", Throttled),
        ("BYE [UNAVAILABLE] later", Throttled),
        ("BYE [THROTTLED] slowly", Throttled),
        ("BYE [LIMIT] enough", TooManyConnections),
        ("BYE [AUTHENTICATIONFAILED] no", LoginRefused),
        (f"BYE {BACKOFF.removeprefix('NO ')}", Throttled),
    ],
)
def test_goodbyes(words: str, kind: type[MailError]) -> None:
    is_one(goodbye(words, "imap.old.example"), kind, words)


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        (BACKOFF, 92.415),
        ("NO Suggested Backoff Time: 30 seconds", 30.0),
        (f"NO Suggested Backoff Time: {10**30} milliseconds", 86_400.0),
        ("NO [THROTTLED] slowly", None),
    ],
)
def test_a_pause_is_as_long_as_the_server_says(words: str, seconds: float | None) -> None:
    error = command_error("", "THROTTLED", words, "")
    assert isinstance(error, Throttled)
    assert error.seconds == seconds


@pytest.mark.parametrize(
    ("code", "words", "is_passing"),
    [
        ("UNAVAILABLE", "NO [UNAVAILABLE] later", True),
        ("SERVERBUG", "BAD [SERVERBUG] oops", True),
        ("LIMIT", "NO [LIMIT] enough", True),
        ("", "NO System I/O error", True),
        ("", "NO System is busy", True),
        ("", "BAD Too many requests", True),
        ("", BACKOFF, True),
        ("", "NO cannot create folder a/b", False),
        ("", "BAD unknown command", False),
        ("NONEXISTENT", "NO [NONEXISTENT] storage error", False),
        ("CANNOT", "NO [CANNOT] no such name", False),
    ],
)
def test_what_tells_how_a_server_is_just_now(code: str, words: str, is_passing: bool) -> None:
    assert passes(code, words) is is_passing
