"""Tokens from a command: run once for all who wait, kept while they are good, and in no word that anybody sees."""

from __future__ import annotations

import shlex
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.crash.support import wait_for
from tui_migrate.errors import LoginRefused, NoToken, TokenCommandFailed
from tui_migrate.mail.oauth.command import Words, ask, read, words_of
from tui_migrate.mail.token import Asking, Granted, Tokens
from tui_migrate.model import Secret, TokenLogin

COMMAND = TokenLogin("print-token --for {user}")


class Provider:
    """Hands out one token after the other, and knows the time."""

    def __init__(self, good_for: float | None) -> None:
        self.good_for = good_for
        self.asked: list[Words] = []
        self.now = 1000.0
        self.tokens = Tokens(lambda: self.now)

    def ask(self, words: Words) -> Granted:
        self.asked.append(words)
        return Granted(Secret(f"token-{len(self.asked)}"), self.good_for)

    def log_in(self, user: str = "alice", command: TokenLogin = COMMAND) -> str:
        """The token that a login was done with."""
        return self.tokens.log_in(self.asking(user, command), Secret.reveal)

    def asking(self, user: str = "alice", command: TokenLogin = COMMAND) -> Asking:
        words = words_of(command.command, user)
        return Asking(words, lambda: self.ask(words))


def test_a_user_is_one_argument_whatever_is_in_the_name() -> None:
    provider = Provider(None)
    provider.log_in("o'brien smith; rm -rf {user}", TokenLogin("print 'a b' --for={user}"))
    assert provider.asked == [("print", "a b", "--for=o'brien smith; rm -rf {user}")]


def test_a_user_is_no_option() -> None:
    provider = Provider(None)
    for command in ("print {user}", "print --for {user}@new.example", "print '{user} x'"):
        with pytest.raises(NoToken, match="would take for an option"):
            provider.log_in("--output=/etc/passwd", TokenLogin(command))
    assert provider.asked == []
    provider.log_in("--output=x", TokenLogin("print --for={user}"))
    provider.log_in("a--b", TokenLogin("print {user}"))
    provider.log_in("-", TokenLogin("print"))
    assert provider.asked == [("print", "--for=--output=x"), ("print", "a--b"), ("print",)]


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    provider = Provider(3600.0)
    assert [provider.log_in(), provider.log_in()] == ["token-1"] * 2
    assert provider.log_in("bob") == "token-2"
    provider.now += 3600 - 60
    assert [provider.log_in(), provider.log_in()] == ["token-3"] * 2


def test_a_token_whose_end_is_not_known_is_asked_for_at_every_login() -> None:
    provider = Provider(None)
    assert [provider.log_in(), provider.log_in()] == ["token-1", "token-2"]


def test_a_command_without_a_user_gives_one_token_for_all() -> None:
    provider = Provider(3600.0)
    for_all = TokenLogin("print-token")
    assert [provider.log_in("alice", for_all), provider.log_in("bob", for_all)] == ["token-1"] * 2


@pytest.mark.parametrize(
    ("refused", "tried", "let_in"),
    [
        (("token-1",), ["token-1", "token-2"], True),
        (("token-1", "token-2"), ["token-1", "token-2"], False),
    ],
)
def test_a_kept_token_that_is_refused_is_asked_for_anew_once(
    refused: tuple[str, ...], tried: list[str], let_in: bool
) -> None:
    provider = Provider(3600.0)
    provider.log_in()
    seen: list[str] = []

    def attempt(secret: Secret) -> None:
        seen.append(secret.reveal())
        if secret.reveal() in refused:
            raise LoginRefused("no")

    if let_in:
        provider.tokens.log_in(provider.asking(), attempt)
    else:
        with pytest.raises(LoginRefused):
            provider.tokens.log_in(provider.asking(), attempt)
    assert seen == tried
    assert provider.log_in() == ("token-2" if let_in else "token-3"), "what was refused is not kept"


def test_a_new_token_that_is_refused_is_tried_once() -> None:
    provider = Provider(None)
    seen: list[str] = []

    def attempt(secret: Secret) -> None:
        seen.append(secret.reveal())
        raise LoginRefused("no")

    with pytest.raises(LoginRefused):
        provider.tokens.log_in(provider.asking(), attempt)
    assert seen == ["token-1"]


@pytest.mark.parametrize("fails", [False, True])
def test_who_asks_while_the_command_runs_waits_for_its_answer(fails: bool) -> None:
    threads = 8
    looks = threading.Semaphore(0)
    runs: list[Words] = []

    def clock() -> float:
        looks.release()
        return 0.0

    def slow(words: Words) -> Granted:
        """Until all have looked twice for a kept token, the second time under the lock, and we once more."""
        runs.append(words)
        assert all(looks.acquire(timeout=120) for _ in range(2 * threads + 1))
        if fails:
            raise TokenCommandFailed("away", server_words="no network")
        return Granted(Secret("the-token"), None)

    def log_in() -> str:
        try:
            return tokens.log_in(Asking("alice", lambda: slow(("print-token",))), Secret.reveal)
        except TokenCommandFailed as error:
            return f"{error.sentence}: {error.server_words}"

    tokens = Tokens(clock)
    with ThreadPoolExecutor(threads) as pool:
        given = {each.result() for each in [pool.submit(log_in) for _ in range(threads)]}
    assert given == {"away: no network" if fails else "the-token"}
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("printed", "granted"),
    [
        ("ya29.a0Af_x-Y\n", Granted(Secret("ya29.a0Af_x-Y"), None)),
        ("  abc==  \r\n3599\n", Granted(Secret("abc=="), 3599.0)),
        ("abc\nvalid until noon\n", Granted(Secret("abc"), None)),
        ('{"access_token": "abc", "expires_in": 3599, "token_type": "Bearer"}', Granted(Secret("abc"), 3599.0)),
        ('{\n "access_token": "abc",\n "expires_in": "120"\n}\n', Granted(Secret("abc"), 120.0)),
        ('{"access_token": "abc"}', Granted(Secret("abc"), None)),
        ('{"error": "invalid_grant"}', None),
        ('{"access_token": null}', None),
        ('{"access_token": "abc"', None),
        ("", None),
        ("\n\n", None),
        ("Please sign in at https://login.example", None),
        ("abc\x01auth=Bearer def", None),
        ("tökén", None),
    ],
)
def test_what_a_command_prints(printed: str, granted: Granted | None) -> None:
    assert read(printed) == granted


def run(code: str) -> Granted:
    return ask((sys.executable, "-c", code))


def refused(words: Words, seconds: float = 120.0) -> NoToken:
    with pytest.raises(NoToken) as caught:
        ask(words, seconds)
    return caught.value


def test_a_command_is_run_without_a_shell_and_without_our_terminal() -> None:
    told = run("import sys, os; print(f'{sys.stdin.read()}in-session-{os.getsid(0) == os.getpid()}')")
    assert told.token.reveal() == "in-session-True"


@pytest.mark.parametrize(
    ("code", "kind", "sentence", "words"),
    [
        ("import sys; print('a warning', file=sys.stderr)", NoToken, "printed nothing.", "a warning"),
        ("print('what token?')", NoToken, "printed something that is no token.", ""),
        (
            "import sys; sys.exit('first line\\ninvalid_grant: the consent was withdrawn\\n\\n')",
            TokenCommandFailed,
            "ended with code 1.",
            "invalid_grant: the consent was withdrawn",
        ),
        ("import os; os.kill(os.getpid(), 9)", TokenCommandFailed, "was ended by a signal.", ""),
    ],
)
def test_a_command_without_a_token(code: str, kind: type[NoToken], sentence: str, words: str) -> None:
    error = refused((sys.executable, "-c", code))
    assert type(error) is kind
    assert error.sentence == f"The token command {sys.executable} {sentence}"
    assert error.server_words == words
    assert "by hand" in error.advice


def test_a_command_that_cannot_be_run(tmp_path: Path) -> None:
    missing, forbidden = tmp_path / "missing", tmp_path / "forbidden"
    forbidden.touch()
    for path, why in ((missing, "No such file or directory"), (forbidden, "Permission denied")):
        error = refused((str(path), "alice"))
        assert (type(error), error.sentence) == (NoToken, f"The token command {path} cannot be run: {why}.")


def test_a_command_that_does_not_end_is_ended_with_all_that_it_has_started(tmp_path: Path) -> None:
    """A child of its own holds our end of the pipe for as long as it lives."""
    error = refused(("sh", "-c", f"sleep 600 & echo $! > {shlex.quote(str(tmp_path / 'child'))}; wait"), seconds=2.0)
    assert (type(error), error.sentence) == (TokenCommandFailed, "The token command sh did not end within 2 s.")
    child = int((tmp_path / "child").read_text())
    wait_for(lambda: _ended(child))


def _ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("printed", ["very-secret-token", '{"access_token":"very-secret-token"}'])
def test_no_error_shows_a_token_that_came_too_late(printed: str) -> None:
    code = f"import sys; print({printed!r}); sys.exit('cannot store very-secret-token')"
    error = refused((sys.executable, "-c", code))
    assert error.server_words == "cannot store •••"
    assert "very-secret" not in repr(error) + error.sentence + repr(vars(error))
    assert "very-secret" not in repr(read(printed))
