"""Signing in from the dashboard: what somebody has to do is shown, taken, and cancelled; each line says what came."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.authorization.microsoft import aadsts
from tests.servers.certificates import Certificates
from tests.servers.imap.server import ImapDouble
from tests.servers.mailbox import Mailbox
from tests.support.providers import ANNA, Place
from tests.ui import office
from tests.ui.dashboard import LARGE, at_rest, compare, dashboard, press, screen, shows, until
from tui_migrate.model import AccountSpec, ImapServer, MigrationSpec, Secret, TokenLogin, Verdict
from tui_migrate.model.tokens import Provider, SignIn
from tui_migrate.service.sign_ins import Begun, Item, Line, Step, ToEnter, ToOpen, Trying
from tui_migrate.ui.screens.accounts import AccountsScreen
from tui_migrate.ui.screens.sign_in import SignInScreen
from tui_migrate.ui.widgets.field import TextEntry

OLD = ImapServer("outlook.office365.com", token=TokenLogin(provider=Provider.MICROSOFT, client_id="c"))
URL = f"https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize?client_id=c&state={'x' * 150}"


@pytest.fixture
def at(certificates: Certificates, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Place]:
    place = Place(request.param, certificates, monkeypatch)
    with place.server:
        yield place


@pytest.fixture
def imap(at: Place, certificates: Certificates) -> Iterator[ImapDouble]:
    with ImapDouble([Mailbox(ANNA)], tls=certificates.good.context()) as server:
        server.opens = at.server.opens
        yield server


def add(service: office.OfficeService, old: ImapServer) -> int:
    number = service.migrations.create(MigrationSpec("Signed", old, ImapServer("imap.new.example")))
    service.accounts.add_unproven(number, [AccountSpec(ANNA, Secret(""), "anna@new.example")])
    return number


def server(at: Place, imap: ImapDouble, sign_in: SignIn) -> ImapServer:
    return ImapServer(imap.host, port=imap.port, ca_file=str(at.ca), token=at.login(sign_in, "public"))


class Played(Trying):
    """Says these steps, then nothing until it is stopped."""

    def __init__(self, *steps: Step) -> None:
        super().__init__([], lambda *words: None, for_all=False, again=False)
        self.steps = steps
        self.left = threading.Event()

    @property
    def places(self) -> dict[str, str]:
        return {"source": f"{ANNA} at outlook.office365.com"}

    @property
    def items(self) -> dict[str, tuple[str, ...]]:
        return {"source": (*Item,)}

    def stop(self) -> None:
        self.left.set()

    def run(self, told: object) -> bool:
        assert callable(told)
        for step in self.steps:
            told(step)
        self.left.wait()
        return False


GOOD = [
    Line("source", Item.SETTINGS, Verdict.PASSED, "complete: the client id c without a secret"),
    Line("source", Item.SERVER, Verdict.PASSED, "login.microsoftonline.com is reached, and its certificate is good"),
    Line("source", Item.CLOCK, Verdict.PASSED, "as that of login.microsoftonline.com, to 1 s"),
]
ENTER = ToEnter("KQ7RD3MZP", "https://microsoft.com/devicelogin", 900)
REFUSED = Line(
    "source",
    Item.TOKEN,
    Verdict.FAILED,
    "login.microsoftonline.com gives no token.",
    "The provider said",
    "invalid_client: AADSTS7000215: Invalid client secret provided.",
    "The secret is wrong. Give the secret's value, not its id, in secret_file. Then try again.",
)
LEFT = [Line("source", each, Verdict.UNKNOWN, "not tried: what stands above comes first") for each in (*Item,)[-2:]]


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        (
            "sign-in-code",
            [*GOOD, Begun("source", Item.TOKEN), ToEnter("KQ7RD3MZP", "https://microsoft.com/devicelogin", 900)],
        ),
        ("sign-in-browser", [*GOOD, Begun("source", Item.TOKEN), ToOpen(URL, 900)]),
        ("sign-in-refused", [*GOOD, REFUSED, *LEFT]),
    ],
)
async def test_what_is_shown(
    empty_service: office.OfficeService, monkeypatch: pytest.MonkeyPatch, name: str, steps: list[Step]
) -> None:
    add(empty_service, OLD)
    played = Played(*steps)
    monkeypatch.setattr(empty_service.sign_ins, "begin", lambda *words, **more: played)
    async with dashboard(empty_service) as pilot:
        await pilot.press("I")
        last = steps[-1]
        await shows(pilot, "Waited for 15 minutes" if isinstance(last, ToEnter | ToOpen) else "Mailbox")
        compare(pilot, name)
        await pilot.resize_terminal(*LARGE)
        await at_rest(pilot)
        compare(pilot, name)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, SignInScreen))
    assert played.left.is_set()


@pytest.mark.parametrize("at", ["microsoft"], indirect=True)
async def test_a_code_is_entered_elsewhere(empty_service: office.OfficeService, at: Place, imap: ImapDouble) -> None:
    number = add(empty_service, server(at, imap, SignIn.DEVICE))
    async with dashboard(empty_service, "enter", size=LARGE) as pilot:
        assert isinstance(pilot.app.screen, AccountsScreen)
        await pilot.press("I")
        await shows(pilot, "Waited for")
        (device,) = at.server.books.devices.values()
        assert " ".join(device.user_code) in screen(pilot)
        at.server.enter(device.user_code, ANNA)
        await shows(pilot, f"✔ {ANNA} is open at 127.0.0.1")
        assert "Waited for" not in screen(pilot)
        assert screen(pilot).count("✔") == 6
        at.server.play(aadsts(53003))
        await pilot.press("ctrl+r")
        await shows(pilot, "Waited for")
    what = [event.what for event in empty_service.logs.events(migration_id=number)]
    assert f"signed in for {ANNA}, at the source" in what


@pytest.mark.parametrize("at", ["custom"], indirect=True)
async def test_an_address_is_pasted_for_all_mailboxes(
    empty_service: office.OfficeService, at: Place, imap: ImapDouble, tmp_path: Path
) -> None:
    number = add(empty_service, server(at, imap, SignIn.BROWSER))
    async with dashboard(empty_service, size=LARGE) as pilot:
        await pilot.press("I")
        await shows(pilot, "Waited for")
        await pilot.press("ctrl+o")
        await shows(pilot, "signs in for all mailboxes")
        await shows(pilot, "Waited for")
        entry = pilot.app.screen.query_one(TextEntry)
        assert pilot.app.focused is entry
        entry.value = "http://127.0.0.1/?code=x&state=y"
        await pilot.press("enter")
        await shows(pilot, "does not belong to this sign-in")
        await pilot.press("ctrl+y")
        entry.value = at.browse(pilot.app.clipboard)
        await pilot.press("enter")
        await shows(pilot, f"✔ {ANNA} is open at 127.0.0.1")
        assert not entry.display
    what = [event.what for event in empty_service.logs.events(migration_id=number)]
    assert "signed in for all mailboxes, at the source" in what


@pytest.mark.usefixtures("engine")
async def test_nothing_is_offered_where_passwords_log_in(service: office.OfficeService) -> None:
    async with dashboard(service) as pilot:
        await press(pilot, "I")
        assert not isinstance(pilot.app.screen, SignInScreen)
