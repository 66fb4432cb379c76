"""What a refusal means to an admin: the commonest mistakes by name, and no advice where nothing is known."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.servers.authorization.google import Google
from tests.servers.authorization.microsoft import AADSTS, aadsts
from tests.servers.authorization.reasons import Reason
from tests.servers.web import Page
from tui_migrate.mail.oauth.readings import Reading, of_refusal
from tui_migrate.mail.oauth.readings.google import ERRORS
from tui_migrate.mail.oauth.readings.microsoft import NUMBERS

BY_FLOW = {70016}
"""What a sign-in waits for is no refusal."""


def read(page: Page, *, google: bool = False) -> Reading | None:
    said = json.loads(page.body)
    return of_refusal(said["error"], said["error_description"], google=google)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (7000215, "secret's value, not its id"),
        (7000222, "make a new one"),
        (7000218, "public client flows"),
        (700016, "client id, tenant and cloud"),
        (90002, "no such tenant"),
        (700027, "upload the certificate"),
        (700024, "clock of this machine"),
        (65001, "IMAP.AccessAsApp"),
        (90094, "admin consent"),
        (53003, "Exclude the app"),
        (53000, "device that the tenant manages"),
        (53001, "device that the tenant manages"),
        (530003, "device that the tenant manages"),
        (50076, "second factor"),
        (50079, "second factor"),
        (50158, "second factor"),
        (50020, "account of that tenant"),
        (50034, "account of that tenant"),
        (50055, "password has expired"),
        (50057, "disabled"),
        (50105, "assign the user"),
        (50173, "Sign in again"),
        (70000, "Sign in again"),
        (70008, "not used for long"),
        (700082, "not used for long"),
        (700084, "single-page app"),
        (70043, "again and again"),
        (500011, "no Exchange Online"),
        (500112, "http://localhost"),
        (900144, "does not understand"),
        (7000112, "Enable its enterprise application"),
    ],
)
def test_microsofts_numbers_are_understood(number: int, words: str) -> None:
    found = read(aadsts(number))
    assert found is not None
    assert words in f"{found.sentence} {found.advice}"
    assert of_refusal("any", f"AADSTS{number}: something") == found


def test_all_that_the_server_of_the_tests_answers_is_understood() -> None:
    """Each refusal that a flow may meet, so that a new one there is one here."""
    assert [number for number in AADSTS if number not in NUMBERS] == [*BY_FLOW]
    waited_for = {"authorization_pending", "slow_down", "invalid_request", "unsupported_grant_type", "expired_token"}
    for reason in Reason:
        page = Google().refused(reason)
        assert read(page, google=True) is not None or json.loads(page.body)["error"] in waited_for, reason


@pytest.mark.parametrize(
    ("error", "description", "words"),
    [
        (
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method",
            "exactly the scope https://mail.google.com/",
        ),
        ("invalid_grant", "Invalid email or User ID", "primary address"),
        ("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable", "clock"),
        ("invalid_grant", "Invalid JWT Signature.", "make a new key"),
        ("invalid_grant", "Invalid grant: account not found", "no such service account"),
        ("invalid_grant", "Token has been expired or revoked.", "end after seven days"),
        ("invalid_grant", "reauth related error (invalid_rapt)", "session control"),
        ("invalid_grant", "Malformed auth code.", "used already"),
        ("invalid_grant", "Bad Request", "Sign in again"),
        ("deleted_client", "The OAuth client was deleted.", "deleted"),
        ("disabled_client", "The OAuth client was disabled.", "switched off"),
        ("invalid_client", "The OAuth client was not found.", "client id"),
        ("invalid_client", "Unauthorized", "secret"),
        ("admin_policy_enforced", "", "App access control"),
        ("org_internal", "", "own organisation"),
        ("access_denied", "", "test users"),
    ],
)
def test_googles_words_are_understood(error: str, description: str, words: str) -> None:
    found = of_refusal(error, description, google=True)
    assert found is not None
    assert words in f"{found.sentence} {found.advice}"


def test_what_may_pass() -> None:
    passing = [number for number in AADSTS if (found := read(aadsts(number))) is not None and found.passes]
    assert passing == [50196, 90033]


def test_nothing_is_made_of_what_is_not_known() -> None:
    assert of_refusal("invalid_grant", "AADSTS999999: Something new.") is None
    assert of_refusal("invalid_grant", "Token has been expired or revoked.") is None, "of another provider"
    assert of_refusal("something_new", google=True) is None


def every() -> Iterator[Reading]:
    yield from NUMBERS.values()
    yield from (row.reading for row in ERRORS)


def test_readings_are_sentences() -> None:
    for each in every():
        for text in (each.sentence, each.advice):
            assert text[0].isupper(), text
            assert text.endswith("."), text
            assert "  " not in text, text
        assert len(each.sentence) < 120, each
        assert len(each.advice) < 420, each
