"""What Google Takeout exports: labels are folders, and flags."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from contextlib import closing
from email.header import Header
from pathlib import Path

import pytest

from tests.files.mbox import NEW_YEAR, Letter, mail, mbox, read_back, separator
from tests.servers.maildir import MailItem, crlf
from tui_migrate.mail.files.archive import LeftOut
from tui_migrate.mail.mbox.archive import MboxArchive
from tui_migrate.mail.roles import Role

ALL = "Takeout/Mail/All mail Including Spam and Trash.mbox"


def letter(number: int, labels: str, subject: str = "") -> Letter:
    """A message as Takeout writes it."""
    encoded = labels if labels.isascii() else Header(labels, "utf-8", maxlinelen=60).encode()
    stored = f"X-GM-THRID: {number}\nX-Gmail-Labels: {encoded}\n"
    return Letter(mail(subject or str(number)), stored, separator(zone="+0000", sender=f"{number}@xxx"))


def takeout(path: Path, *letters: Letter) -> Path:
    path.write_bytes(mbox(letters))
    return path


def where(path: Path) -> dict[str, dict[str, set[str]]]:
    """Folder, subject, flags."""
    found: dict[str, dict[str, set[str]]] = {}
    for item in read_back(path).elements():
        subject = item.content.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()
        assert subject not in found.setdefault(item.folder, {})
        found[item.folder][subject] = set(item.flags)
    return found


def test_a_message_lies_in_the_folder_of_each_of_its_labels(tmp_path: Path) -> None:
    path = takeout(
        tmp_path / "all.mbox",
        letter(1, "Inbox,Opened,Important,Category Personal"),
        letter(2, "Inbox,Unread,Starred,Work,Work/Old times"),
        letter(3, "Archived,Opened"),
        letter(4, "Sent,Opened,Work"),
        letter(5, "Drafts,Opened"),
        letter(6, "Spam,Unread"),
        letter(7, "Trash,Opened"),
        letter(8, 'Opened,"Smith, Jones & Co",IMAP_NonJunk'),
        letter(9, "Chat,Opened,Work"),
    )
    assert where(path) == {
        "INBOX": {"1": {"\\Seen", "$Important"}, "2": {"\\Flagged"}},
        "Work": {"2": {"\\Flagged"}, "4": {"\\Seen"}},
        "Work/Old times": {"2": {"\\Flagged"}},
        "Archive": {"3": {"\\Seen"}},
        "Sent": {"4": {"\\Seen"}},
        "Drafts": {"5": {"\\Seen", "\\Draft"}},
        "Spam": {"6": set()},
        "Trash": {"7": {"\\Seen"}},
        "Smith, Jones & Co": {"8": {"\\Seen", "NonJunk"}},
    }
    with closing(MboxArchive(path)) as archive:
        (chat,) = archive.contents(b"INBOX").excluded
        assert (chat.reason, chat.items) == ("chat", 1)
        assert isinstance(chat, LeftOut)


def test_the_mail_comes_as_it_was_with_its_date_and_number(tmp_path: Path) -> None:
    path = takeout(tmp_path / "all.mbox", letter(1655555555555555555, "Inbox,Opened", "one"))
    assert dict(read_back(path)) == {MailItem("INBOX", crlf(mail("one")), frozenset({"\\Seen"}), NEW_YEAR): 1}
    with closing(MboxArchive(path)) as archive:
        assert [each.name for each in archive.contents(b"INBOX").items] == ["1655555555555555555"]


@pytest.mark.parametrize(
    ("inbox", "sent", "opened", "unread", "archived", "category"),
    [
        ("Inbox", "Sent", "Opened", "Unread", "Archived", "Category Updates"),
        ("Posteingang", "Gesendet", "Geöffnet", "Ungelesen", "Archiviert", 'Kategorie: "Neuigkeiten"'),
        (
            "Boîte de réception",
            "Messages envoyés",
            "Ouvert",
            "Non lus",
            "Messages archivés",
            "Catégorie\u00a0: E-mails",
        ),
        ("Recibidos", "Enviados", "Abierto", "No leídos", "Archivados", "Categoría: Promociones"),
        ("Posta in arrivo", "Posta inviata", "Aperti", "Da leggere", "Archiviati", "Categoria: Promozioni"),
        ("Caixa de entrada", "Enviados", "Aberto", "Não lidas", "Arquivados", "Categoria: Social"),
        ("Postvak IN", "Verzonden", "Geopend", "Ongelezen", "Gearchiveerd", "Categorie: Promoties"),
        ("Inkorgen", "Skickat", "Öppnad", "Oläst", "Arkiverad", "Kategori: Socialt"),
        ("Innboks", "Sendt", "Åpnet", "Ulest", "Arkivert", "Kategori: Sosialt"),
        ("Indbakke", "Sendt", "Åbnet", "Ulæst", "Arkiveret", "Kategori: Socialt"),
        ("Odebrane", "Wysłane", "Otwarte", "Nieprzeczytane", "Zarchiwizowane", "Kategoria: Oferty"),
        ("Doručené", "Odesláno", "Otevřené", "Nepřečtené", "Archivováno", "Kategorie: Sociální sítě"),
    ],
)
def test_labels_in_the_language_of_the_account(
    tmp_path: Path, inbox: str, sent: str, opened: str, unread: str, archived: str, category: str
) -> None:
    path = takeout(
        tmp_path / "all.mbox",
        letter(1, f"{inbox},{opened},{category}"),
        letter(2, f"{inbox},{unread},Important things,Inbox zero"),
        letter(3, f"{archived},{opened}"),
        letter(4, f"{sent},{opened}"),
    )
    assert where(path) == {
        "INBOX": {"1": {"\\Seen"}, "2": set()},
        "Important things": {"2": set()},
        "Inbox zero": {"2": set()},
        "Archive": {"3": {"\\Seen"}},
        sent: {"4": {"\\Seen"}},
    }
    with closing(MboxArchive(path)) as archive:
        assert {each.role for each in archive.folders()} == {None, Role.ARCHIVE, Role.SENT}


def test_what_all_messages_share_makes_no_folder_in_a_language_that_nobody_knows(tmp_path: Path) -> None:
    letters = [letter(number, f"{'Lolwa' if number % 3 else 'Lolwi'},Umsebenzi") for number in range(1, 20)]
    assert set(where(takeout(tmp_path / "all.mbox", *letters))) == {"Umsebenzi"}


def test_a_label_in_another_language_is_the_users(tmp_path: Path) -> None:
    path = takeout(tmp_path / "all.mbox", letter(1, "Posteingang,Geöffnet,Sent"), letter(2, "Gesendet,Geöffnet"))
    assert set(where(path)) == {"INBOX", "Sent", "Gesendet"}


def test_files_that_are_exported_label_by_label_hold_a_message_several_times(tmp_path: Path) -> None:
    one, two = letter(1, "Inbox,Opened,Work"), letter(2, "Work,Unread")
    takeout(tmp_path / "Inbox.mbox", one)
    takeout(tmp_path / "Work.mbox", one, two)
    assert where(tmp_path) == {"INBOX": {"1": {"\\Seen"}}, "Work": {"1": {"\\Seen"}, "2": set()}}


def test_a_takeout_beside_other_files(tmp_path: Path) -> None:
    takeout(tmp_path / "all.mbox", letter(1, "Inbox,Opened"))
    (tmp_path / "old.mbox").write_bytes(mbox([mail("old")]))
    assert set(where(tmp_path)) == {"INBOX", "old"}
    (tmp_path / "Inbox").write_bytes(mbox([mail("new")]))
    assert where(tmp_path) == {"INBOX": {"new": set()}, "old": {"old": set()}, "Inbox of Gmail": {"1": {"\\Seen"}}}


def parts(root: Path, kind: str, files: Mapping[str, bytes]) -> None:
    """Each file in a part of its own, as Takeout does when they are large."""
    for number, (name, data) in enumerate(files.items(), 1):
        path = root / f"takeout-20260101T000000Z-{number:03}.{kind}"
        if kind == "zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("Takeout/archive_browser.html", "<html>")
                archive.writestr(name, data)
        else:
            with tarfile.open(path, "w:gz") as tape:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tape.addfile(info, io.BytesIO(data))


@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_parts_of_a_takeout_are_read_where_they_lie(tmp_path: Path, kind: str) -> None:
    letters = [letter(number, "Inbox,Opened" if number % 2 else f"Label {number % 5}") for number in range(1, 400)]
    packed = tmp_path / "packed"
    packed.mkdir()
    parts(packed, kind, {ALL: mbox(letters[:200]), ALL.replace(".mbox", "-001.mbox"): mbox(letters[200:])})
    assert read_back(packed) == read_back(takeout(tmp_path / "all.mbox", *letters))
    assert read_back(packed).total() == 399
