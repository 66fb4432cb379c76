"""A source that does not answer STATUS: its folders' UIDVALIDITY is known all the same, and heeded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.conftest import DovecotFactory
from tests.engine.second_run import item
from tests.engine.support import migrate, plain, write_plan
from tests.servers.imap_lexer import Line, Piece
from tests.servers.imap_session import ImapProxy, Session
from tests.servers.loopback_proxy import Link
from tests.servers.maildir import counted, read_maildir, write_maildir


class _Mute(Session):
    def from_client(self, token: Line | Piece) -> None:
        if isinstance(token, Line) and self.command == b"STATUS":
            self.link.client.write(self.tag + b" NO [SERVERBUG] not for you\r\n")
        else:
            super().from_client(token)

    def from_server(self, token: Line | Piece, answered: bytes | None) -> None:
        self.link.client.write(token.data.replace(b" LIST-STATUS", b""))


class NoStatus(ImapProxy):
    """Refuses STATUS."""

    def session(self, link: Link) -> Session:
        return _Mute(link, self.commands)


def test_a_replaced_folder_is_noticed_without_status(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path
) -> None:
    server, user = dovecot_factory(fresh=True), unique_user()
    old, new = server.add_user(user, "secret"), server.add_user(f"new-{user}", "secret")
    before, after = [item("INBOX", number) for number in range(5)], [item("INBOX", number) for number in range(10, 15)]
    write_maildir(old, "/", before)
    with NoStatus(server.port) as source:
        plan = write_plan(tmp_path, plain(source.port), plain(server.port), [(user, f"new-{user}")])
        first = migrate(plan, tmp_path / "data")
        assert (first.code, first.counts.copied) == (0, 5), first
        for path in [*(old / "cur").iterdir(), *old.glob("dovecot*")]:  # other mail, under the same UIDs
            path.unlink()
        (old / "dovecot-uidlist").write_text("3 V4711 N1 G0123456789abcdef0123456789abcdef\n")
        (old / "dovecot-uidlist").chmod(0o666)
        write_maildir(old, "/", after)
        second = migrate(plan, tmp_path / "data")
    assert (second.code, second.counts.copied) == (0, 5), second
    assert read_maildir(new, "/") == counted([*before, *after])
