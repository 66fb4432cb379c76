"""A mailbox of Exchange, from the first pass to verify: all that lies in it arrives, and nothing is asked for twice."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.doubles.places import Fault, Moment, raising
from tests.engine.exchange_mail import ExchangeMove, mail, wanted
from tests.engine.support import peak_memory, write_plan
from tests.servers.certificates import Certificates
from tests.servers.exchange.faults import Broken, RefusedItems, RefusedThings, busy
from tests.servers.exchange.items import FORWARDED, REPLIED, REPLIED_ALL, Attachment
from tests.servers.exchange.mailbox import ExchangeFolder, ExchangeMailbox
from tests.servers.exchange.server import ExchangeDouble
from tests.servers.maildir import read_maildir
from tui_migrate.engine import supervisor
from tui_migrate.engine.turns import retry
from tui_migrate.engine.turns.retry import Decision
from tui_migrate.errors import Disconnected, MailError
from tui_migrate.model import AccountState, Counts
from tui_migrate.timing import Timing

pytestmark = pytest.mark.usefixtures("memory")

BEGAN = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)


def filled(folders: int = 6, messages: int = 120) -> ExchangeMailbox:
    """A mailbox in three languages, with all marks, and what is no mail."""
    mailbox = ExchangeMailbox()
    made = [
        mailbox.add_folder("Posteingang", "inbox"),
        mailbox.add_folder("Éléments envoyés", "sentitems"),
        mailbox.add_folder("Koncepty", "drafts"),
    ]
    made += [mailbox.add_folder(f"Projekt {number}/{number + 1}", parent=made[0]) for number in range(folders - 3)]
    for number in range(messages):
        made[number % folders].add(
            mail(number, "x" * (number * 37 % 4000)),
            received=BEGAN + timedelta(hours=number),
            read=number % 2 == 0,
            flag=("NotFlagged", "Flagged", "Complete")[number % 3],
            verb=(None, REPLIED, REPLIED_ALL, FORWARDED)[number % 4],
            draft=number % 9 == 0,
            categories=["Blaue Kategorie", "Project"][: number % 3],
        )
    calendar = mailbox.add_folder("Kalender", folder_class="IPF.Appointment")
    for number in range(4):
        calendar.add(mail(9000 + number), item_class="IPM.Appointment")
    made[0].add(mail(9100), item_class="IPM.Contact")
    mailbox.add_folder("Verborgen", hidden=True).add(mail(9200))
    mailbox.add_folder("Ungelesen", is_search=True).found = [*made[0].items.values()]
    return mailbox


@pytest.fixture
def mailbox() -> ExchangeMailbox:
    return filled()


@pytest.fixture
def server(mailbox: ExchangeMailbox, certificates: Certificates) -> Iterator[ExchangeDouble]:
    with ExchangeDouble(mailbox, tls=certificates.good.context()) as server:
        yield server


@pytest.fixture
def move(tmp_path: Path, server: ExchangeDouble, certificates: Certificates) -> ExchangeMove:
    return ExchangeMove(tmp_path, server, certificates)


def inbox(mailbox: ExchangeMailbox) -> ExchangeFolder:
    return mailbox.roles["inbox"]


def test_all_mail_arrives_and_what_is_none_is_counted(move: ExchangeMove) -> None:
    ended = move.run()
    assert (ended.code, ended.counts) == (0, Counts(listed=125, copied=120, excluded=5)), str(ended)
    move.assert_exact()
    assert "0 " in (checked := move.cli("check"))
    assert "Stays behind: appointments (4), contacts (1)." in checked
    for how in (["verify"], ["verify", "--deep"]):
        assert (compared := move.cli(*how)).startswith("0 "), compared


def test_a_second_run_asks_for_changes_alone(move: ExchangeMove) -> None:
    move.run()
    move.server.asked.clear()
    ended = move.run()
    assert (ended.code, ended.counts) == (0, Counts(listed=125, brought=120, excluded=5)), str(ended)
    assert not move.server.operations.keys() & {"GetItem", "FindItem"}, move.server.operations


def test_what_is_there_already_is_recognised_by_a_store_that_knows_nothing(move: ExchangeMove) -> None:
    move.run()
    shutil.rmtree(move.data)
    ended = move.run()
    assert (ended.code, ended.counts) == (0, Counts(listed=125, there=120, excluded=5)), str(ended)
    move.assert_exact()


def test_what_has_changed_comes_with_the_next_pass(move: ExchangeMove, mailbox: ExchangeMailbox) -> None:
    move.run()
    sent, sub = mailbox.roles["sentitems"], mailbox.folder("Posteingang/Projekt 0/1")
    items = [*sent.items.values()]
    moved = sent.move(items[0], sub)
    sent.mark(items[1], read=not items[1].read)
    sent.change(items[2], flag="Flagged", categories=["Neu"])
    sent.add(mail(5000), read=True)
    move.server.asked.clear()
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, 2), str(ended)
    assert "FindItem" not in move.server.operations
    assert len([each for request in move.server.requests("GetItem") for each in request.ids]) < 10
    there = {each.content: each for each in move.new.mailboxes[mailbox.user].contents()}
    assert there[mail(5000)].folder == "Éléments envoyés"
    assert {"\\Flagged", "Neu"} <= there[items[2].octets].flags
    assert ("\\Seen" in there[items[1].octets].flags) == items[1].read
    copies = [each for each in move.new.mailboxes[mailbox.user].contents().elements() if each.content == moved.octets]
    assert {each.folder for each in copies} == {"Éléments envoyés", "INBOX/Projekt 0_1"}
    sub.delete(moved, *[*sub.items.values()][:2])
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, 0), str(ended)


def test_a_state_that_is_refused_has_the_folder_listed_anew(move: ExchangeMove, mailbox: ExchangeMailbox) -> None:
    move.run()
    move.server.generation += 1
    inbox(mailbox).add(mail(5000))
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, 1), str(ended)
    move.assert_exact()
    move.server.asked.clear()
    assert move.run().code == 0
    assert "FindItem" not in move.server.operations


def test_an_item_of_which_exchange_makes_no_mail_fails_alone(move: ExchangeMove, mailbox: ExchangeMailbox) -> None:
    item = next(iter(inbox(mailbox).items.values()))
    item.mime_error = "ErrorMimeContentConversionFailed"
    ended = move.run()
    assert (ended.code, ended.counts.failed) == (1, 1), str(ended)
    (failure,) = ended.failures
    assert failure.sentence == "Exchange cannot make a mail of this item."
    assert failure.server_words.startswith("ErrorMimeContentConversionFailed: ")
    move.assert_exact()
    item.mime_error = ""
    assert move.run().code == 0
    move.assert_exact()


def test_signed_mail_of_which_exchange_makes_none_comes_to_the_byte(
    move: ExchangeMove, mailbox: ExchangeMailbox
) -> None:
    entity = (
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nsigned  \r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\n"
        b"MIAG\r\n--b--\r\n"
    )
    inbox(mailbox).add(
        b"Subject: signed\r\n\r\n",
        item_class="IPM.Note.SMIME.MultipartSigned",
        mime_error="ErrorContentConversionFailed",
        properties={"0x007D": "From: Anna <anna@old.example>\r\nSubject: signed\r\nMessage-ID: <s@old.example>\r\n"},
        attachments=[Attachment("smime.p7m", entity, "multipart/signed")],
    )
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, 121), str(ended)
    (signed,) = [each.content for each in move.new.mailboxes[mailbox.user].contents() if b"signed" in each.content]
    header, _, body = signed.partition(b"\r\n\r\n")
    assert body == entity.partition(b"\r\n\r\n")[2]
    assert b"From: Anna <anna@old.example>\r\nSubject: signed\r\nMessage-ID: <s@old.example>\r\n" in header
    assert move.run().code == 0


@pytest.mark.parametrize("operation", ["GetFolder", "SyncFolderHierarchy", "SyncFolderItems", "FindItem", "GetItem"])
def test_a_busy_server_is_asked_later(move: ExchangeMove, operation: str) -> None:
    move.server.faults.append(busy(30, operation, nth=2 if operation == "GetItem" else 1))
    ended = move.run()
    assert ended.code == 0, str(ended)
    move.assert_exact()


def test_an_hour_of_throttling_is_waited_for_as_it_is_told(move: ExchangeMove, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty minutes at a time, between which some mail comes; nobody waits for them here."""
    waits: list[float] = []

    def wait(error: MailError, tries: int, fruitless: float, worked_before: bool, timing: Timing) -> Decision:
        decision = retry.decide(error, tries, fruitless, worked_before, timing)
        assert decision.state is AccountState.THROTTLED
        waits.append(decision.wait or 0)
        return Decision(decision.state, 0.0)

    monkeypatch.setattr(supervisor, "decide", wait)
    move.server.faults += [busy(1_200_000, "GetItem", nth=2 + 2 * number) for number in range(6)]
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, 120), str(ended)
    move.assert_exact()
    assert sum(waits) >= 3600
    assert all(1200 <= each <= 1201 for each in waits)
    assert move.server.items["GetItem"] == 120, "nothing was fetched twice"


def test_items_that_are_refused_for_now_are_asked_for_again(move: ExchangeMove, mailbox: ExchangeMailbox) -> None:
    some = [*inbox(mailbox).items.values()][3:6]
    code = "ErrorInternalServerTransientError"
    move.server.faults += [RefusedItems(some, code, times=1), RefusedThings(operation="GetItem", nth=3, begin=2)]
    ended = move.run()
    assert ended.code == 0, str(ended)
    move.assert_exact()


@pytest.mark.parametrize("where", [("GetItem", 1), ("GetItem", 4), ("FindItem", 2), ("SyncFolderItems", 2)])
def test_a_connection_that_ends_amid_an_answer_costs_nothing(move: ExchangeMove, where: tuple[str, int]) -> None:
    move.server.faults.append(Broken(*where, octets=900))
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, 120), str(ended)
    move.assert_exact()


def test_archive_and_public_folders_are_copied_where_they_are_chosen(
    tmp_path: Path, mailbox: ExchangeMailbox, certificates: Certificates
) -> None:
    archive = mailbox.add_archive("In-Place Archive")
    mailbox.add_folder("Posteingang", parent=archive).add(mail(7000))
    public = ExchangeMailbox("public@old.example")
    news = public.add_folder("News", parent=public.add_public_folders())
    news.add(mail(7100))
    with ExchangeDouble(mailbox, tls=certificates.good.context(), public=public) as server:
        move = ExchangeMove(tmp_path, server, certificates, archive=True, public_folders=True)
        ended = move.run()
        assert (ended.code, ended.counts.copied) == (0, 122), str(ended)
        there = {each.content: each.folder for each in move.new.mailboxes[mailbox.user].contents()}
        assert there[mail(7000)] == "In-Place Archive/Posteingang"
        assert there[mail(7100)] == "Public Folders/News"
        news.add(mail(7101))
        assert move.run().counts.copied == 1


@pytest.mark.parametrize(("moment", "nth"), [(Moment.STORE, 9), (Moment.STORED, 40), (Moment.TELL, 2)])
def test_a_session_of_the_destination_that_ends_costs_nothing(move: ExchangeMove, moment: Moment, nth: int) -> None:
    move.new.faults.append(Fault(moment, raising(lambda: Disconnected("The session ended.")), nth))
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, 120), str(ended)
    move.assert_exact()


def test_what_one_lane_has_listed_another_one_reads(
    tmp_path: Path, mailbox: ExchangeMailbox, server: ExchangeDouble, certificates: Certificates
) -> None:
    """A lane ends amid a folder; what it leaves has no ids there, but those that are on record."""
    server.faults.append(Broken("GetItem", nth=3, times=2, octets=700))
    move = ExchangeMove(tmp_path, server, certificates, account_connections=3)
    ended = move.run()
    assert (ended.code, ended.counts.copied) == (0, 120), str(ended)
    move.assert_exact()


def test_large_items_pass_through_files(move: ExchangeMove, mailbox: ExchangeMailbox, tmp_path: Path) -> None:
    """Into a folder: the program is measured by itself, in a process of its own."""
    rows = [{"Source": mailbox.user, "Password": mailbox.password, "Destination": "new"}]
    new = {"protocol": "maildir", "path": "{user}"}
    plan = write_plan(tmp_path, move.source, new, rows)
    without = peak_memory(plan, move.data)
    line = b"0123456789abcdef" * 4 + b"\r\n"
    for number in range(2):
        inbox(mailbox).add(mail(7000 + number) + line * 400_000)
    with_them = peak_memory(plan, move.data)
    there = Counter(each.content for each in read_maildir(tmp_path / "new", ".").elements())
    assert there == Counter(each.content for each in wanted(mailbox).elements())
    assert with_them - without < 40_000, "kilobytes"
    assert with_them < 150_000


def test_verify_passes_over_what_exchange_makes_anew(move: ExchangeMove, mailbox: ExchangeMailbox) -> None:
    def made(nth: int) -> bytes:
        mark = f"_000_{nth:08d}_"
        head = f'Subject: parts\r\nContent-Type: multipart/mixed; boundary="{mark}"\r\n\r\n'
        return f"{head}--{mark}\r\n\r\none\r\n--{mark}\r\n\r\ntwo\r\n--{mark}--\r\n".encode()

    inbox(mailbox).add(made(0), remade=made)
    assert move.run().code == 0
    for words in (["--deep"], []):
        assert (told := move.cli("verify", "Test", *words)).startswith("0 "), told
        assert "marks between parts and its own fields were not compared" in told
    folder = move.new.mailboxes[mailbox.user].folders["INBOX"]
    (parts,) = [each for each in folder.messages if b"Subject: parts" in each.octets]
    parts.octets = parts.octets.replace(b"two", b"six")
    assert (told := move.cli("verify", "Test", "--deep")).startswith("1 "), told


def test_sign_in_says_what_each_way_answered(move: ExchangeMove) -> None:
    move.server.accounts.offers = ("NTLM", "Basic")
    assert (told := move.cli("sign-in", move.plan)).startswith("0 "), told
    assert "not offered by the server" in told
    assert told.count("opens the mailbox of anna@old.example") == 2
    move.server.directory.mailboxes["anna@old.example"].password = "changed"
    assert (told := move.cli("sign-in", move.plan)).startswith("1 "), told
    assert move.server.accounts.refused == ["NTLM"]
    assert "not tried: what stands above comes first" in told
