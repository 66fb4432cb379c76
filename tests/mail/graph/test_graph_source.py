"""Graph as a source, question by question: what is asked, what is believed, and what an error says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.servers.certificates import Certificates
from tests.servers.graph.mailbox import GraphMailbox
from tests.servers.graph.server import Refusal
from tests.servers.graph.support import GRAPH, Tenant, tenant
from tests.servers.web import Page
from tests.support.oauth import grants_in
from tui_migrate.errors import (
    CommandRefused,
    LoginTrouble,
    MailboxNotConnected,
    MailError,
    ProtocolViolation,
    Throttled,
    TokenRefused,
)
from tui_migrate.mail.connect import open_source
from tui_migrate.mail.graph.forecast import forecast
from tui_migrate.mail.graph.listing import Listing
from tui_migrate.mail.graph.session import GraphSession
from tui_migrate.mail.oauth.endpoint import Way
from tui_migrate.mail.oauth.microsoft import Microsoft
from tui_migrate.mail.oauth.signing_in import SigningIn, ToEnter, ToOpen
from tui_migrate.mail.probe import probe
from tui_migrate.mail.protocols import Read, Role
from tui_migrate.mail.trace import Tracer
from tui_migrate.model import Secret, Side, TokenLogin
from tui_migrate.model.clouds import CLOUDS
from tui_migrate.model.kinds.graph import GraphServer
from tui_migrate.model.tokens import Provider, SignIn

ANNA = "anna@old.example"


@pytest.fixture
def box() -> GraphMailbox:
    box = GraphMailbox(ANNA, "nl")
    for number in range(30):
        box.add("inbox", f"Subject: {number}\r\n\r\n".encode(), 1_600_000_000 + number)
    return box


@pytest.fixture
def here(box: GraphMailbox, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    with tenant(certificates, monkeypatch, box) as found:
        yield found


@pytest.fixture
def session(here: Tenant) -> Iterator[GraphSession]:
    session = GraphSession(here.server, here.login(ANNA))
    yield session
    session.close()


def test_folders_have_their_roles_in_any_language_and_hidden_ones_stay(here: Tenant, box: GraphMailbox) -> None:
    below = box.make("Oud/nieuw", box.known("inbox"))
    box.make("Verborgen", below, hidden=True)
    source = open_source(here.server, here.login(ANNA))
    tree = source.tree()
    source.close()
    roles = {each.path: each.role for each in tree.folders}
    assert roles[("Verzonden",)] is Role.SENT
    assert roles[("Verwijderde items",)] is Role.TRASH
    assert roles[("INBOX",)] is None
    assert ("INBOX", "Oud/nieuw") in roles
    assert len(roles) == len(tree.folders) == 8
    assert here.double.counted["delta"] == 0, "nothing is listed to show the folders"


def test_a_listing_is_kept_up_by_what_has_changed(session: GraphSession, box: GraphMailbox, here: Tenant) -> None:
    listing = Listing(box.known("inbox"))
    first = listing.refreshed(session)
    assert [item.name for item in first.items] == [*box.items], "the oldest first"
    assert listing.refreshed(session) is first
    one, two, three, *_ = [*box.items.values()]
    box.change(one, flagged=True)
    box.delete(two)
    box.move(three, "archive")
    asked = here.double.counted.copy()
    now = {item.name: item for item in listing.refreshed(session).items}
    assert now.keys() == {each.id for each in box.of(box.known("inbox"))}
    assert now[one.id].flags == {"\\Flagged"}, "what a delta does not tell has not changed"
    assert (here.double.counted - asked) == {"delta": 1, "message": 1}


def test_one_that_fails_over_a_large_page_is_asked_for_smaller_ones(
    session: GraphSession, box: GraphMailbox, here: Tenant
) -> None:
    bad = [*box.items.values()][11]
    bad.corrupt = True
    contents = Listing(box.known("inbox")).refreshed(session)
    assert {item.name for item in contents.items} == box.items.keys() - {bad.id}
    assert contents.missing == 1
    assert contents.damage is not None
    assert "ErrorInternalServerError" in contents.damage.server_words


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/v1.0/x", "http://127.0.0.1/v1.0/x", "https://127.0.0.1/x\r\nX: y", "ftp:[", 7]
)
def test_no_link_leads_elsewhere(session: GraphSession, box: GraphMailbox, here: Tenant, link: object) -> None:
    here.double.play(Page(json.dumps({"value": [], "@odata.nextLink": link}).encode()), at="delta")
    with pytest.raises(ProtocolViolation, match="not its own"):
        Listing(box.known("inbox")).refreshed(session)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"value": 7}', b'{"value": [7]}', b"[" * 100_000, b"\xff", b'{"value": "' + b"x" * (1 << 24)]
)
def test_what_is_no_answer_is_said(session: GraphSession, box: GraphMailbox, here: Tenant, body: bytes) -> None:
    here.double.play(Page(body), at="delta")
    with pytest.raises(ProtocolViolation):
        Listing(box.known("inbox")).refreshed(session)


def test_a_page_behind_itself_ends_the_listing(session: GraphSession, box: GraphMailbox, here: Tenant) -> None:
    url = here.double.url(f"/v1.0/users/{ANNA}/loop?x=1")
    here.double.play(Page(json.dumps({"value": [], "@odata.nextLink": url}).encode()), at="delta|loop", times=None)
    with pytest.raises(ProtocolViolation, match="behind itself"):
        Listing(box.known("inbox")).refreshed(session)


@pytest.mark.parametrize(
    ("refusal", "kind", "said"),
    [
        (Refusal(401, "InvalidAuthenticationToken", "x"), TokenRefused, "Mail.Read"),
        (Refusal(403, "ErrorAccessDenied", "Access is denied."), MailboxNotConnected, "RBAC for applications"),
        (Refusal(404, "MailboxNotEnabledForRESTAPI", "On-premises."), MailboxNotConnected, "licence"),
        (Refusal(429, "ApplicationThrottled", "Busy.", Retry_After="17"), Throttled, ""),
        (Refusal(500, "UnknownError", ""), LoginTrouble, ""),
    ],
)
def test_a_login_that_fails_says_why(here: Tenant, refusal: Refusal, kind: type[MailError], said: str) -> None:
    here.double.play(refusal, times=None)
    with pytest.raises(kind) as raised:
        open_source(here.server, here.login(ANNA))
    assert said in raised.value.what_to_do
    assert raised.value.server_words.startswith(str(refusal.page.status))
    if isinstance(raised.value, Throttled):
        assert raised.value.seconds == 17


def test_a_pause_may_be_named_by_a_date(session: GraphSession, here: Tenant) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    here.double.play(Refusal(503, "ErrorServerBusy", "Busy.", Retry_After=then))
    with pytest.raises(Throttled) as raised:
        session.json(session.path("mailFolders"))
    assert raised.value.seconds is not None
    assert 80 < raised.value.seconds <= 90


def test_the_trace_shows_what_is_asked_and_no_token(here: Tenant) -> None:
    tracer, lines = Tracer(), list[str]()
    tracer.switch(lines.append)
    session = GraphSession(here.server, here.login(ANNA), tracer=tracer)
    session.close()
    text = "\n".join(lines)
    assert "GET /v1.0/users/" in text
    assert 'Prefer: IdType="ImmutableId"' in text
    assert not any(each.access in text for each in here.office.books.issued)


def test_a_look_says_how_long_it_takes_and_what_is_faster(here: Tenant, box: GraphMailbox) -> None:
    seen = probe(here.server, here.login(ANNA))
    assert (seen.refusal, seen.messages, seen.logged_in) == ("", 30, True)
    assert seen.certificate is not None
    told = dict(seen.findings(Side.SOURCE))
    assert told["Mailbox"] == "✔ 30 messages"
    assert "IMAP" in told
    assert "Requests" not in told
    assert probe(here.server).refusal == ""


def test_a_forecast_is_honest() -> None:
    assert [*forecast(5000)] == []
    ((_, hours),) = forecast(100_000)
    assert hours == "▲ 100,000 messages take at least 101 minutes: 10,000 requests in 10 minutes"
    ((_, hours),) = forecast(1_000_000)
    assert "at least 16.7 hours" in hours


@pytest.mark.parametrize("sign_in", [SignIn.APP, SignIn.DEVICE])
def test_tokens_are_for_graph_of_the_cloud(here: Tenant, sign_in: SignIn) -> None:
    login = TokenLogin(provider=Provider.MICROSOFT, sign_in=sign_in, client_id="app", cloud="here")
    asked = Microsoft(login, Way(here.server, None), "graph").asked
    assert asked == (f"{GRAPH}/.default" if sign_in is SignIn.APP else f"{GRAPH}/Mail.Read")


@pytest.mark.parametrize("cloud", [name for name in CLOUDS if name != "here"])
def test_the_host_follows_from_the_cloud(cloud: str) -> None:
    token = TokenLogin(provider=Provider.MICROSOFT, client_id="app", cloud=cloud)
    assert f"https://{GraphServer(token=token).host}" == CLOUDS[cloud].graph
    assert GraphServer("graph.example", token=token).host == "graph.example"


def test_a_server_that_fails_at_all_is_not_asked_for_ever(
    session: GraphSession, box: GraphMailbox, here: Tenant
) -> None:
    here.double.play(Refusal(500, "ErrorInternalServerError", "No."), at="messages", times=None)
    with pytest.raises(CommandRefused):
        Listing(box.known("inbox")).refreshed(session)
    assert len(here.double.asked) < 60


def test_a_state_that_is_lost_while_it_is_listed_costs_another_listing(
    session: GraphSession, box: GraphMailbox, here: Tenant
) -> None:
    here.double.play(Refusal(410, "syncStateNotFound", "Gone."), at="delta")
    assert len(Listing(box.known("inbox")).refreshed(session).items) == 30


def test_a_message_that_fails_once_is_asked_for_again_and_a_server_that_is_ill_is_left_alone(
    here: Tenant, box: GraphMailbox
) -> None:
    source = open_source(here.server, here.login(ANNA), ordinals=lambda folder, names: (1, range(1, len(names) + 1)))
    inbox = next(each for each in source.tree().folders if each.path == ("INBOX",))
    here.double.play(Refusal(500, "ErrorInternalServerError", "No."), at=r"\$value", behind=3)
    steps = [*source.read([inbox], lambda listing: listing.messages)]
    assert sum(isinstance(each, Read) for each in steps) == 30
    here.double.play(Refusal(504, "UnknownError", "Gateway."), at=r"\$value", times=None, behind=3)
    steps = []
    with pytest.raises(Throttled):
        steps.extend(source.read([inbox], lambda listing: listing.messages))
    source.close()


def test_somebody_who_signs_in_reads_his_own_mailbox(here: Tenant, tmp_path: Path) -> None:
    token = TokenLogin(
        provider=Provider.MICROSOFT, sign_in=SignIn.DEVICE, client_id="public", tenant="contoso.example", cloud="here"
    )
    server = replace(here.server, token=token)
    here.office.books.lifetimes.interval = 0

    def told(step: ToEnter | ToOpen) -> None:
        assert isinstance(step, ToEnter)
        here.office.enter(step.code, ANNA)

    with grants_in(tmp_path) as grants:
        SigningIn(token, server, ANNA, told).run(lambda secret: grants.put(ANNA, secret))
        source = open_source(server, replace(server.login(ANNA, Secret("")), grants=grants))
        assert len(source.tree().folders) == 7
        source.close()


def test_a_token_for_imap_opens_nothing(here: Tenant) -> None:
    here.double.resource = "https://another.example"
    with pytest.raises(TokenRefused) as raised:
        open_source(here.server, here.login(ANNA))
    assert "must be for Microsoft Graph" in raised.value.what_to_do


def test_a_page_of_a_machine_in_front_of_it_is_a_pause_too(session: GraphSession, here: Tenant) -> None:
    here.double.play(Page(b"<html>" + b"x" * 100_000, 503, {"Retry-After": "3"}))
    with pytest.raises(Throttled) as raised:
        session.json(session.path("mailFolders"))
    assert raised.value.seconds == 3
    assert session.json(session.path("mailFolders"))["value"], "on a connection of its own"
