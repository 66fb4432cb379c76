"""Whole mailboxes through the whole program: nothing lost, nothing twice, nothing changed, and the source untouched."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory, Imap
from tests.engine.support import Keys, encrypted, migrate, peak_memory, plain, run_here, write_plan
from tests.engine.values import RESPELLED
from tests.servers.certificates import Certificates
from tests.servers.dovecot import Dovecot, DovecotOptions
from tests.servers.maildir import (
    INBOX,
    MailItem,
    counted,
    folder_names,
    read_maildir,
    subscriptions,
    write_maildir,
)
from tests.support.nasty_mail import FIRST_OF_JULY, nasty
from tests.support.sample_mail import MIXED_FOLDERS, mixed
from tui_migrate.timing import Timing

WITHOUT_DOTS = RESPELLED | {"a.b": "a_b", "v1.0/2.1": "v1_0/2_1", "ends.": "ends_"}
BELOW_INBOX = WITHOUT_DOTS | {"INBOX/child": "child", "INBOX/INBOX": "INBOX (2)"}
"""Where all folders lie below INBOX, a child of INBOX is a folder like the others."""


def respelled(items: list[MailItem], names: dict[str, str]) -> Counter[MailItem]:
    return counted(replace(item, folder=names.get(item.folder, item.folder)) for item in items)


def mail_files(root: Path) -> dict[Path, tuple[int, int]]:
    """Every message file with its size and time: its name tells flags, its folder whether a session has seen it."""
    files = [path for kind in ("cur", "new") for path in root.rglob(f"{kind}/*")]
    return {path.relative_to(root): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def with_unseen_mail(root: Path) -> None:
    r"""Let some messages be new ones, which no session has been shown yet: they are \Recent."""
    for folder in (root, root / "Copies", root / ".Copies"):
        for path in sorted(folder.glob("cur/*:2,"))[:5]:
            path.rename(folder / "new" / path.name.partition(":")[0])


def keys(server: Dovecot, security: str, certificates: Certificates) -> Keys:
    if security == "none":
        return plain(server.port)
    return encrypted(server.tls_port if security == "tls" else server.port, certificates.ca_file, security)


def test_2000_mixed_messages_in_12_folders_plain_and_on_tls(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], certificates: Certificates, tmp_path: Path
) -> None:
    server, user = dovecot_factory(DovecotOptions(certificates.good)), unique_user()
    source = server.add_user(user, "secret")
    items = mixed()
    expected = counted(items)
    write_maildir(source, "/", items, subscribed=MIXED_FOLDERS[:5])
    before = mail_files(source)
    for security in ("none", "tls"):
        side, new = keys(server, security, certificates), f"{security}-{user}"
        there = server.add_user(new, "secret")
        ended = run_here("run", write_plan(tmp_path, side, side, [(user, new)]), "--data-dir", tmp_path / new)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert (
            "2000 listed = 2000 copied + 0 brought earlier + 0 already there + 0 excluded + 0 gone + 0 failed"
            in ended.stdout
        )
        assert read_maildir(there, "/") == expected
        assert folder_names(there, "/") == set(MIXED_FOLDERS)
        assert subscriptions(there, "/") == set(MIXED_FOLDERS[:5])
    assert mail_files(source) == before


@pytest.mark.parametrize(
    ("layout", "new_layout", "names", "security"),
    [
        (("/", ""), ("/", ""), RESPELLED, "none"),
        (("/", ""), (".", ""), WITHOUT_DOTS, "tls"),
        ((".", ""), ("/", ""), RESPELLED, "starttls"),
        ((".", "INBOX."), ("/", ""), RESPELLED, "tls"),
        (("/", ""), (".", "INBOX."), BELOW_INBOX, "none"),
        ((".", "INBOX."), (".", "INBOX."), RESPELLED, "starttls"),
    ],
    ids=["fs to fs", "fs to dots", "dots to fs", "below INBOX to fs", "fs to below INBOX", "both below INBOX"],
)
def test_the_nasty_set(
    dovecot_factory: DovecotFactory,
    unique_user: Callable[[], str],
    certificates: Certificates,
    tmp_path: Path,
    layout: tuple[str, str],
    new_layout: tuple[str, str],
    names: dict[str, str],
    security: str,
) -> None:
    old, new = (
        dovecot_factory(DovecotOptions(certificates.good, separator=separator, prefix=prefix))
        for separator, prefix in (layout, new_layout)
    )
    user = unique_user()
    source, there = old.add_user(user, "secret"), new.add_user(f"new-{user}", "secret")
    sample = nasty(layout[0])
    subscribed = {INBOX, "Privé", "R&D", "日本", " a ", "deep/2/3/4/5/6/7/8", "Empty"}
    write_maildir(
        source, layout[0], sample.items, folders=sample.empty_folders, subscribed=[*subscribed, "long gone", "deep/2"]
    )
    with_unseen_mail(source)
    before = mail_files(source)
    source_keys, destination_keys = keys(old, security, certificates), keys(new, security, certificates)
    plan = write_plan(tmp_path, source_keys, destination_keys, [(user, f"new-{user}")])
    ended = migrate(plan, tmp_path / "data")
    assert ended.code == 0, str(ended)
    assert ended.counts.copied == ended.counts.listed == len(sample.items)
    assert read_maildir(there, new_layout[0]) == respelled(sample.items, names)
    expected = {names.get(name, name) for name in folder_names(source, layout[0])}
    assert folder_names(there, new_layout[0]) == expected, r"empty folders too, and no \Noselect parent"
    assert subscriptions(there, new_layout[0]) == subscribed
    assert mail_files(source) == before
    again = migrate(plan, tmp_path / "data")
    assert (again.code, again.counts.copied, again.counts.brought) == (0, 0, len(sample.items)), str(again)


def test_mail_that_is_at_the_destination_already_is_not_copied_again(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    """From an earlier tool, or after the store was lost: equals are told apart by counting."""
    server, user = dovecot_factory(), unique_user()
    source, there = server.add_user(user, "secret"), server.add_user(f"new-{user}", "secret")
    items = [item for item in nasty("/").items if not item.flags]  # equal but for their flags they count as equal
    write_maildir(source, "/", items)
    strangers = [MailItem(INBOX, b"Subject: the user's own\r\n\r\n", frozenset({"\\Seen"}), FIRST_OF_JULY)]
    already = [*items[::2], *strangers]
    write_maildir(there, "/", [replace(i, folder=RESPELLED.get(i.folder, i.folder)) for i in already])
    plan = write_plan(tmp_path, plain(server.port), plain(server.port), [(user, f"new-{user}")])
    ended = migrate(plan, tmp_path / "data")
    assert ended.code == 0, str(ended)
    assert (ended.counts.there, ended.counts.copied) == (len(items[::2]), len(items[1::2])), str(ended)
    assert read_maildir(there, "/") == respelled([*items, *strangers], RESPELLED)
    lost = migrate(plan, tmp_path / "another data folder")
    assert (lost.code, lost.counts.copied, lost.counts.there) == (0, 0, len(items)), str(lost)
    assert read_maildir(there, "/") == respelled([*items, *strangers], RESPELLED)


def test_a_folder_that_is_listed_in_pieces(
    dovecot_factory: DovecotFactory,
    unique_user: Callable[[], str],
    imap: Imap,
    tmp_path: Path,
) -> None:
    """As one of more than 20,000 messages is, here with its upper half deleted long ago."""
    server, user = dovecot_factory(), unique_user()
    source, there = server.add_user(user, "secret"), server.add_user(f"new-{user}", "secret")
    items = [MailItem("Big", b"Subject: %d\r\n\r\n" % n, frozenset(), FIRST_OF_JULY) for n in range(100)]
    small = [MailItem("Small", b"Subject: %d\r\n\r\n" % n, frozenset(), FIRST_OF_JULY) for n in range(30)]
    write_maildir(source, "/", [*items, *small])
    client = imap(server.port, user)
    client.select("Big")
    client.uid("STORE", "51:100", "+FLAGS", "(\\Deleted)")
    client.expunge()
    client.unselect()
    plan = write_plan(tmp_path, plain(server.port), plain(server.port), [(user, f"new-{user}")])
    ended = migrate(plan, tmp_path / "data", Timing(listed_ahead=20))
    assert (ended.code, ended.counts.listed, ended.counts.copied) == (0, 80, 80), str(ended)
    assert read_maildir(there, "/") == counted([*items[:50], *small])


def test_a_message_of_40_megabytes_passes_through_a_file(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    server, user = dovecot_factory(), unique_user()
    source, there = server.add_user(user, "secret"), server.add_user(f"new-{user}", "secret")
    small = MailItem(INBOX, b"Subject: small\r\n\r\nx\r\n", frozenset(), FIRST_OF_JULY)
    big = replace(small, content=b"Subject: big\r\n\r\n" + b"0123456789abcdef" * 2_500_000 + b"\r\n")
    plan = write_plan(tmp_path, plain(server.port), plain(server.port), [(user, f"new-{user}")])
    write_maildir(source, "/", [small])
    without = peak_memory(plan, tmp_path / "data")
    write_maildir(source, "/", [big])
    with_it = peak_memory(plan, tmp_path / "data")
    assert read_maildir(there, "/") == counted([small, big])
    assert with_it - without < 20_000, "kilobytes"
    assert not list((tmp_path / "data" / "spool").iterdir())
    shutil.rmtree(there)  # the server lives on
