"""Whole migrations from Microsoft Graph: what arrives is what its double says, whatever happens on the way."""

from __future__ import annotations

import shutil
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tomli_w

from tests.conftest import DovecotFactory
from tests.engine.support import Ended, Keys, migrate, peak_memory, plain, run_here, write_plan
from tests.servers.certificates import Certificates
from tests.servers.dovecot import Dovecot
from tests.servers.graph.contents import expected
from tests.servers.graph.mailbox import MARK, Attached, GraphMailbox
from tests.servers.graph.server import Refusal
from tests.servers.graph.support import Tenant, tenant
from tests.servers.maildir import MailItem, read_maildir
from tests.servers.web import Page
from tui_migrate.engine import supervisor
from tui_migrate.engine.turns import retry
from tui_migrate.engine.turns.retry import Decision
from tui_migrate.errors import MailError
from tui_migrate.model import AccountState
from tui_migrate.timing import Timing

QUICK = Timing(settle=0.01, late=0.01, tick=0.01, save=0.02, poll=0.02, longest_wait=0.05)
ANNA = "anna@old.example"
BEGAN = 1_600_000_000
SIGNED = (
    b'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n micalg=sha-256; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nsigned\r\n"
    b"--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nAAAA\r\n--b--\r\n"
)


def mail(name: object, text: str = "") -> bytes:
    head = f"Message-ID: <{name}@old.example>\r\nFrom: Bob <bob@x.example>\r\nTo: Anna <{ANNA}>\r\nSubject: {name}\r\n"
    return f"{head}Date: Sun, 13 Sep 2020 12:26:40 +0000\r\n\r\n{text or name}\r\n".encode()


def filled(language: str = "de", each: int = 8) -> GraphMailbox:
    """A mailbox with folders, marks, and items that are no mail."""
    box = GraphMailbox(ANNA, language)
    below = box.make("Jahr 2024", box.make("Kunden", box.known("inbox")))
    hidden = box.make("Versteckt", hidden=True)
    box.make("Alles von Bob", search=True)
    number = 0
    for folder in ("inbox", "sentitems", "drafts", "archive", below):
        for _ in range(each):
            number += 1
            box.add(
                folder,
                mail(number),
                BEGAN + number,
                read=number % 2 == 0,
                flagged=number % 3 == 0,
                draft=folder == "drafts",
                verb=(0, 0, 102, 104)[number % 4],
                categories=("Red Category",) if number % 5 == 0 else (),
            )
    box.add(hidden, mail("hidden"), BEGAN)
    for kind in ("IPM.Appointment", "IPM.Appointment", "IPM.Contact"):
        box.add("inbox", mail(kind), BEGAN, item_class=kind)
    return box


class Move:
    """A migration from a tenant to Dovecot."""

    def __init__(self, here: Tenant, dovecot: Dovecot, user: str, folder: Path, **keys: object) -> None:
        self.double = here.double
        self.root = dovecot.add_user(user, "secret")
        source: Keys = here.keys(folder, **keys)
        rows = [{"Source": ANNA, "Destination": user, "Destination password": "secret"}]
        self.plan = write_plan(folder, source, plain(dovecot.port), rows)
        self._data = folder / "data"

    def run(self) -> Ended:
        return migrate(self.plan, self._data, QUICK)

    @property
    def arrived(self) -> Counter[MailItem]:
        return read_maildir(self.root, "/")


@pytest.fixture
def dovecot(dovecot_factory: DovecotFactory) -> Dovecot:
    return dovecot_factory()


@pytest.fixture
def box() -> GraphMailbox:
    return filled()


@pytest.fixture
def here(box: GraphMailbox, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    with tenant(certificates, monkeypatch, box) as found:
        yield found


@pytest.fixture
def move(here: Tenant, dovecot: Dovecot, unique_user: Callable[[], str], tmp_path: Path) -> Move:
    return Move(here, dovecot, unique_user(), tmp_path)


def test_all_of_a_mailbox_arrives_and_a_second_run_brings_nothing(box: GraphMailbox, move: Move) -> None:
    ended = move.run()
    assert (ended.code, ended.failures) == (0, []), ended
    assert move.arrived == expected(box)
    assert ended.counts.excluded == 3
    assert move.double.most_at_once <= 4
    before = move.double.counted.copy()
    again = move.run()
    assert (again.code, again.counts.copied) == (0, 0), again
    assert move.arrived == expected(box)
    asked = move.double.counted - before
    assert asked["$value"] == asked["message"] == asked["messages"] == 0
    folders = [each for each in box.folders.values() if not (each.hidden or each.search)]
    assert asked["delta"] == len(folders), "one question for each folder"


def test_a_delta_brings_what_is_new_moved_and_changed(box: GraphMailbox, move: Move) -> None:
    assert move.run().code == 0
    first, second, third, fourth = [*box.of(box.known("inbox"))][-4:]
    box.change(first, read=not first.read, flagged=not first.flagged)
    box.change(second, verb=102)
    box.move(third, "archive")
    box.delete(fourth)
    new = box.add("inbox", mail("new"), BEGAN + 1000)
    asked = move.double.counted["$value"]
    ended = move.run()
    assert (ended.code, ended.failures) == (0, []), ended
    assert move.double.counted["$value"] - asked == 2, "the new one, and the one in another folder"
    missing = expected(box) - move.arrived
    assert not missing
    beyond = move.arrived - expected(box)
    assert {item.content for item in beyond} == {third.mime, fourth.mime}, "nothing is deleted at the destination"
    assert new.mime in {item.content for item in move.arrived}


@pytest.mark.parametrize("expands", ["no", "never"])
def test_what_a_delta_does_not_tell_is_asked_for_beside(
    box: GraphMailbox,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    dovecot: Dovecot,
    unique_user: Callable[[], str],
    tmp_path: Path,
    expands: str,
) -> None:
    with tenant(certificates, monkeypatch, box, expands=expands) as here:
        move = Move(here, dovecot, unique_user(), tmp_path)
        ended = move.run()
    assert (ended.code, ended.counts.excluded) == (0, 3), ended
    assert move.arrived == expected(box)


def test_signed_mail_of_which_no_mime_is_made_comes_in_a_second_way(box: GraphMailbox, move: Move) -> None:
    signed = Attached("smime.p7m", "multipart/signed", SIGNED)
    kind = "IPM.Note.SMIME.MultipartSigned"
    box.add("inbox", mail("signed"), BEGAN, item_class=kind, attached=(signed,), unmakeable=True)
    lost = box.add("inbox", mail("lost"), BEGAN, unmakeable=True)
    ended = move.run()
    (failure,) = ended.failures
    assert "ErrorMimeContentConversionFailed" in failure.server_words
    assert lost.mime not in {item.content for item in move.arrived}
    (arrived,) = [item.content for item in move.arrived if b"<signed@" in item.content]
    head, _, body = arrived.partition(b"\r\n\r\n")
    assert body == SIGNED.partition(b"\r\n\r\n")[2]
    assert b"Content-Type: multipart/signed" in head
    assert b"Subject: signed\r\n" in head


def test_one_that_asks_for_patience_is_given_it(box: GraphMailbox, move: Move) -> None:
    busy = Refusal(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", Retry_After="0")
    move.double.play(busy, at=r"\$value", times=2, behind=5)
    move.double.play(Refusal(503, "ErrorServerBusy", "Busy.", Retry_After="0"), at="delta")
    move.double.play(Refusal(504, "UnknownError", "Gateway.", Retry_After="0"), at="mailFolders$")
    ended = move.run()
    assert (ended.code, ended.failures) == (0, []), ended
    assert move.arrived == expected(box)


def test_a_mailbox_that_takes_hours_by_its_limit_waits_as_it_is_told(
    box: GraphMailbox, move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of so many requests in ten minutes, and not all at once: the clock of the double goes on while it is waited."""
    move.double.in_window, now, waits = 60, [0.0], list[float]()
    move.double.clock = lambda: now[0]

    def wait(error: MailError, tries: int, fruitless: float, worked_before: bool, timing: Timing) -> Decision:
        decision = retry.decide(error, tries, fruitless, worked_before, timing)
        assert decision.state is AccountState.THROTTLED
        waits.append(decision.wait or 0)
        now[0] += waits[-1]
        return Decision(decision.state, 0.0)

    monkeypatch.setattr(supervisor, "decide", wait)
    for number in range(100):
        box.add("archive", mail(f"more {number}"), BEGAN + number)
    ended = move.run()
    assert (ended.code, ended.failures) == (0, []), ended
    assert move.arrived == expected(box)
    assert len(waits) >= 3
    assert all(600 <= each <= 601 for each in waits)
    assert move.double.counted["$value"] == 140, "nothing was fetched twice"


def test_answers_that_are_cut_short_are_asked_for_again(box: GraphMailbox, move: Move) -> None:
    for said in (0, 50, 200, 400):
        move.double.cut(at=r"\$value", octets_said=said)
    move.double.cut(at="delta", octets_said=2000)
    ended = move.run()
    assert (ended.code, ended.failures) == (0, []), ended
    assert move.arrived == expected(box)


def test_an_item_that_no_page_can_tell_of_is_missed_and_said_and_the_rest_comes(box: GraphMailbox, move: Move) -> None:
    corrupt = [*box.of(box.known("archive"))][3]
    corrupt.corrupt = True
    ended = move.run()
    (failure,) = ended.failures
    assert failure.folder == "Archiv"
    del box.items[corrupt.id]
    assert move.arrived == expected(box)


def test_a_token_that_ends_meanwhile_is_replaced(box: GraphMailbox, here: Tenant, move: Move) -> None:
    def later() -> Page:
        here.office.books.ahead += 3601
        return Refusal(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.").page

    move.double.play(later, at=r"\$value", behind=7)
    ended = move.run()
    assert (ended.code, ended.failures) == (0, []), ended
    assert move.arrived == expected(box)
    assert len(here.office.forms()) == 2


def test_a_mailbox_that_the_app_may_not_open_fails_and_says_what_to_do(here: Tenant, move: Move) -> None:
    here.office.books.clients["app"].mailboxes = set()
    (failure,) = move.run().failures
    assert "ErrorAccessDenied" in failure.server_words
    assert "Mail.Read of Microsoft Graph" in failure.advice


def test_states_that_graph_has_forgotten_cost_a_listing_and_no_mail(box: GraphMailbox, move: Move) -> None:
    assert move.run().code == 0
    asked = move.double.counted["$value"]
    move.double.forget()
    new = box.add("archive", mail("new"), BEGAN + 1000)
    ended = move.run()
    assert (ended.code, ended.failures, move.double.counted["$value"]) == (0, [], asked + 1), ended
    assert new.mime in {item.content for item in move.arrived}
    assert move.arrived == expected(box)


def test_mail_that_comes_back_to_a_folder_is_not_brought_again(box: GraphMailbox, move: Move) -> None:
    item = next(box.of(box.known("sentitems")))
    assert move.run().code == 0
    box.move(item, "archive")
    assert move.run().counts.copied == 1
    box.move(item, "sentitems")
    box.change(item, flagged=not item.flagged)
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, 0), ended
    assert not expected(box) - move.arrived


def test_large_items_pass_through_files(here: Tenant, box: GraphMailbox, move: Move, tmp_path: Path) -> None:
    plan, secret = move.plan, here.keys_of_another_process(tmp_path)
    plan.write_text(tomli_w.dumps(tomllib.loads(plan.read_text()) | {"source": secret}))
    without = peak_memory(plan, tmp_path / "data")
    line = b"0123456789abcdef" * 4
    for number in range(2):
        box.add("inbox", mail(f"large {number}", (line + b"\r\n").decode() * 400_000), BEGAN + 2000)
    with_them = peak_memory(plan, tmp_path / "data")
    assert move.arrived == expected(box)
    assert with_them - without < 40_000, "kilobytes"
    assert with_them < 150_000
    shutil.rmtree(move.root)


def test_what_exchange_makes_anew_is_the_same_but_for_its_marks(box: GraphMailbox, move: Move, tmp_path: Path) -> None:
    text = MARK.decode()
    parts = f"--{text}\r\n\r\none\r\n--{text}\r\n\r\ntwo\r\n--{text}--\r\n"
    made = mail("parts").replace(b"\r\n\r\n", f'\r\nContent-Type: multipart/mixed; boundary="{text}"\r\n\r\n'.encode())
    box.add("inbox", made.replace(b"\r\n\r\nparts\r\n", f"\r\n\r\n{parts}".encode()), BEGAN)
    assert move.run().code == 0
    for words in (["--deep"], []):
        ended = run_here("verify", "Test", *words, "--data-dir", tmp_path / "data")
        assert ended.returncode == 0, ended.stdout
        assert "marks between parts and its own fields were not compared" in ended.stdout
    (arrived,) = [path for path in move.root.rglob("*") if path.is_file() and b"<parts@" in path.read_bytes()]
    arrived.write_bytes(arrived.read_bytes().replace(b"two", b"six"))
    ended = run_here("verify", "Test", "--deep", "--data-dir", tmp_path / "data")
    assert ended.returncode == 1, ended.stdout
