"""Trying both servers of a form: nothing waits for them, and what they show is said in words."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace

import pytest

from tests.conftest import DovecotFactory
from tests.servers.certificates import Certificates
from tests.servers.dovecot import DovecotOptions
from tests.servers.imap.server import MODERN, ImapDouble
from tests.servers.mailbox import Mailbox
from tests.servers.scripted import ScriptedServer
from tests.ui import office
from tests.ui.dashboard import (
    SMALL,
    compare_at_both_sizes,
    dashboard,
    field,
    fill,
    line,
    press,
    resize,
    screen,
    settle,
    shows,
)
from tui_migrate.errors import CertificateRefused
from tui_migrate.model import ImapServer, Learned, Lesson, Login, Secret, Security, Server, Side
from tui_migrate.service.servers import AtProxy, Certificate, Probe
from tui_migrate.store import lessons
from tui_migrate.ui.aside import aside
from tui_migrate.ui.lessons import MEANINGS
from tui_migrate.ui.probing import findings
from tui_migrate.ui.screens.connection_test import ConnectionTestScreen
from tui_migrate.ui.screens.migration_form import MigrationFormScreen

DAY = 86_400.0
EVERYTHING = frozenset({"LITERAL+", "MULTIAPPEND", "UIDPLUS", "CONDSTORE", "LIST-STATUS", "SPECIAL-USE", "NAMESPACE"})
CERTIFICATE = Certificate("imap.new.example, mail.new.example", "Example CA 3", office.NOW + 90 * DAY)
GOOD = Probe(
    ImapServer("imap.new.example"),
    reached=True,
    tls_version="TLSv1.3",
    certificate=CERTIFICATE,
    greeting="OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ AUTH=PLAIN] Dovecot ready.",
    capabilities=EVERYTHING,
    logged_in=True,
    round_trip=0.0123,
)
REFUSED = Probe(
    ImapServer("imap.old.example"),
    reached=True,
    refusal="The certificate of imap.old.example has expired.",
    server_words="certificate has expired",
    advice=CertificateRefused.advice,
    certificate=Certificate("imap.old.example", "Example CA 2", office.NOW - 3 * DAY),
)


def probe(**changes: object) -> dict[str, str]:
    """What is said of a good destination with these differences."""
    fields = {name: getattr(GOOD, name) for name in Probe.__slots__} | changes
    return dict(findings(Side.DESTINATION, Probe(**fields), office.NOW))


@pytest.mark.parametrize(
    ("at_proxy", "reached", "said"),
    [
        (AtProxy.NOT_REACHED, False, "✖ not reached: socks5://jump.example:1080"),
        (AtProxy.NOT_LET_IN, False, "✖ reached, and it does not let us in: socks5://jump.example:1080"),
        (AtProxy.LET_IN, False, "✔ reached: socks5://jump.example:1080"),
        (AtProxy.LET_IN, True, "✔ reached: socks5://jump.example:1080"),
    ],
)
def test_each_leg_of_a_way_by_a_proxy_is_said(at_proxy: AtProxy, reached: bool, said: str) -> None:
    server = ImapServer("imap.new.example", proxy="socks5://jump.example:1080")
    found = probe(server=server, at_proxy=at_proxy, reached=reached)
    assert list(found)[:2] == ["Proxy", "Connection"]
    assert found["Proxy"] == said
    assert found["Connection"] == ("✔ reached imap.new.example port 993" if reached else "✖ not reached")
    assert "Proxy" not in probe()


@pytest.mark.usefixtures("engine")
async def test_what_both_servers_show(service: office.OfficeService, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"imap.old.example": REFUSED, "imap.new.example": GOOD}
    monkeypatch.setattr(service.servers, "test", lambda server, login: answers[server.host])
    async with dashboard(service, "e", "ctrl+t") as pilot:
        await shows(pilot, "Issued by          Example CA 3")
        await settle(pilot)
        await compare_at_both_sizes(pilot, "connection-test")
        await resize(pilot, SMALL)
        await press(pilot, "G")
        await compare_at_both_sizes(pilot, "connection-test-end")


async def test_real_servers_are_tried_as_they_are_typed(
    service: office.OfficeService,
    certificates: Certificates,
    dovecot_factory: DovecotFactory,
    unique_user: Callable[[], str],
) -> None:
    old, user = dovecot_factory(DovecotOptions(certificate=certificates.good)), unique_user()
    new = dovecot_factory(DovecotOptions(certificate=certificates.self_signed))
    old.add_user(user, "shown-nowhere")
    async with dashboard(service, "n") as pilot:
        await fill(pilot, source__host=old.host, source__port=str(old.tls_port))
        await fill(pilot, source__ca_file=str(certificates.ca_file))
        await fill(pilot, source__trial__user=user, source__trial__password="shown-nowhere")
        await fill(pilot, destination__host=new.host, destination__port=str(new.tls_port))
        await press(pilot, "ctrl+t")
        await shows(pilot, "is self-signed.")
        await shows(pilot, "tui-migrate tests")
        assert "✔ TLS 1." in screen(pilot)
        assert "✔ accepted" in line(pilot, "Login")
        assert "shown-nowhere" not in screen(pilot)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, MigrationFormScreen)
        assert field(pilot, "source.trial.user").text == user
    assert len(service.migrations.listing()) == 3


async def test_a_silent_server_holds_nobody_up(service: office.OfficeService, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, asked = threading.Event(), threading.Semaphore(0)

    def wait(server: Server, login: Login | None) -> Probe:
        asked.release()
        answer.wait()
        return GOOD

    monkeypatch.setattr(service.servers, "test", wait)
    with ExitStack() as stack:
        stack.callback(answer.set)
        async with dashboard(service, "e") as pilot:
            await pilot.press("ctrl+t")
            await asyncio.to_thread(lambda: [asked.acquire(), asked.acquire()])
            assert isinstance(pilot.app.screen, ConnectionTestScreen)
            await shows(pilot, "asking imap.old.example …")
            await pilot.press("escape")
            await pilot.press("end", "x")
            assert isinstance(pilot.app.screen, MigrationFormScreen)
            await shows(pilot, "Head officex")


def test_the_program_ends_while_a_server_is_asked() -> None:
    answer = threading.Event()
    done: list[str] = []

    def ask() -> str:
        answer.wait()
        done.append("answered")
        return "too late"

    async def leave() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(aside(ask), 0.01)

    asyncio.run(leave())
    assert done == []
    answer.set()
    for thread in threading.enumerate():
        if thread.name == "aside":
            thread.join(120)
    assert done == ["answered"]


async def test_what_is_missing_in_the_form_is_said_in_the_place_of_a_test(service: office.OfficeService) -> None:
    with ScriptedServer([]) as server:
        async with dashboard(service, "n") as pilot:
            await fill(pilot, source__host=server.host, source__port=str(server.port))
            await press(pilot, "ctrl+t")
            await shows(pilot, "answers without encryption: use")
            assert "Host must not be empty" in line(pilot, "Not tried")


async def test_a_test_is_repeated(service: office.OfficeService, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(side: str, texts: Mapping[str, str], passwords: Mapping[str, Secret], migration_id: int | None) -> Probe:
        asked.append(side)
        return GOOD

    monkeypatch.setattr(service.servers, "test_form", answer)
    async with dashboard(service, "e", "ctrl+t") as pilot:
        await shows(pilot, "Certificate for")
        await press(pilot, "t")
        await shows(pilot, "Certificate for")
    assert sorted(asked) == ["destination", "destination", "source", "source"]


LEARNED = tuple(Learned(lesson, "BAD Command unrecognized") for lesson in (Lesson.LOGIN, Lesson.SELECT))


def test_every_lesson_is_said_in_plain_words_with_what_taught_it() -> None:
    said = [*findings(Side.SOURCE, replace(GOOD, lessons=tuple(Learned(each, f"of {each}") for each in Lesson)), 0.0)]
    for lesson in Lesson:
        ours = lesson in (Lesson.NAMES, Lesson.REWRITES)
        told = ("Learned", f"▲ {MEANINGS[lesson]}: of {lesson}") if ours else ("Taught by", f"of {lesson}")
        assert told in said, "what was not said by the server stands under no label that says so"
        assert (("Learned", f"▲ {MEANINGS[lesson]}") in said) is not ours


@pytest.mark.usefixtures("engine")
async def test_a_server_that_wants_to_be_asked_otherwise(
    service: office.OfficeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = replace(GOOD, server=ImapServer("imap.old.example"), lessons=LEARNED)
    answers = {"imap.old.example": odd, "imap.new.example": GOOD}
    monkeypatch.setattr(service.servers, "test", lambda server, login: answers[server.host])
    async with dashboard(service, "e", "ctrl+t") as pilot:
        await shows(pilot, "does not know EXAMINE")
        await settle(pilot)
        await compare_at_both_sizes(pilot, "connection-test-lessons")


async def test_what_the_engine_has_learned_is_shown_too(service: office.OfficeService) -> None:
    with ImapDouble(Mailbox()) as server:
        here = ImapServer(server.host, security=Security.NONE, port=server.port)
        announced = " ".join(sorted(MODERN.upper().split()))
        with service.store.write() as connection:
            lessons.save(connection, here.key, [Learned(Lesson.SELECT, "BAD what", announced)])
        assert [each.lesson for each in service.servers.test(here).lessons] == [Lesson.SELECT]


def test_what_speed_to_expect() -> None:
    assert "best" in probe()["Speed"]
    assert "no MULTIAPPEND" in probe(capabilities=EVERYTHING - {"MULTIAPPEND"})["Speed"]
    assert "4096 bytes" in probe(capabilities=EVERYTHING - {"LITERAL+"} | {"LITERAL-"})["Speed"]
    slow = probe(capabilities=EVERYTHING - {"LITERAL+"})["Speed"]
    assert slow.endswith("(no LITERAL+), 81 a second on each connection at best")
    assert "Speed" not in dict(findings(Side.SOURCE, GOOD, office.NOW))


def test_nothing_is_said_to_be_missing_that_only_a_login_shows() -> None:
    seen = probe(capabilities=frozenset({"LITERAL+"}), logged_in=False)
    assert seen["Speed"] == "✔ good: no message waits for an answer (LITERAL+)"
    assert seen["May be missing"].startswith("UIDPLUS, LIST-STATUS, SPECIAL-USE, NAMESPACE: ")
    assert probe(capabilities=frozenset({"IMAP4REV1"}), logged_in=False)["Speed"] == "not known without a login"


@pytest.mark.parametrize(
    ("side", "names"),
    [
        (Side.SOURCE, ["CONDSTORE", "LIST-STATUS", "SPECIAL-USE", "NAMESPACE"]),
        (Side.DESTINATION, ["UIDPLUS", "LIST-STATUS", "SPECIAL-USE", "NAMESPACE"]),
    ],
)
def test_each_missing_capability_is_explained_where_it_matters(side: Side, names: list[str]) -> None:
    bare = Probe(ImapServer("bare.example"), reached=True, capabilities=frozenset({"LITERAL+"}), logged_in=True)
    assert [label for label, _ in findings(side, bare, office.NOW) if label.startswith("No ")] == [
        f"No {name}" for name in names
    ]
    assert dict(findings(side, GOOD, office.NOW))["Missing"] == "✔ nothing that matters here"


@pytest.mark.parametrize(
    ("days", "label", "text"),
    [
        (90, "Expires", "✔ on 2025-06-10, in 90 days"),
        (20.5, "Expires", "▲ on 2025-04-02, in 20 days"),
        (1, "Expires", "▲ on 2025-03-13, in 1 day"),
        (-3, "Expired", "✖ on 2025-03-09"),
    ],
)
def test_when_a_certificate_expires(days: float, label: str, text: str) -> None:
    seen = probe(certificate=Certificate("a", "b", office.NOW + days * DAY))
    assert seen[label] == text


def test_no_encryption_is_said_as_what_it_is() -> None:
    plain = ImapServer("plain.example", security=Security.NONE, port=143)
    seen = probe(server=plain, tls_version="", certificate=None)
    assert seen["Encryption"] == "▲ none: passwords and mail can be read by all on the way"
    assert "Issued by" not in seen


def test_what_was_not_reached_is_not_described() -> None:
    seen = dict(findings(Side.SOURCE, Probe(ImapServer("a"), refusal="The host a is not known."), office.NOW))
    assert seen["Connection"] == "✖ not reached"
    assert seen["Refused"] == "✖ The host a is not known."
    assert "Encryption" not in seen
