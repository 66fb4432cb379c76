"""What concerns a mailbox, a folder or a message."""

from __future__ import annotations

from tui_migrate.errors.base import MailError
from tui_migrate.errors.connections import Disconnected
from tui_migrate.model import Scope


class OverQuota(MailError):
    """The destination mailbox is full: every further message would fail too."""

    kind = "destination over quota"
    advice = "Raise the quota of the destination mailbox."


class WouldNotFit(MailError):
    """More is to be copied than the destination mailbox has room for: found before anything was copied."""

    kind = "does not fit"
    advice = (
        "Raise the quota of the destination mailbox and check the account again: then it may start. Let it start all "
        "the same (W, or tui-migrate check --waive) where another tool has copied mail already, which no check takes "
        "into account."
    )
    then_retry = False


class CommandRefused(MailError):
    """The server refused a command that concerns a folder. `code` is its response code (RFC 5530), upper case,
    or empty."""

    kind = "command refused"
    scope = Scope.FOLDER
    advice = "Read the server's words: the folder may need other rights or another name, or may have to stay behind."

    def __init__(self, sentence: str, *, server_words: str = "", command: str = "", code: str = "") -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.code = code


class FolderNotMade(CommandRefused):
    """The destination does not make a folder."""

    kind = "folder not made"
    advice = (
        "Create the folder by hand at the destination, or choose another place for its mail under folders (m); then "
        "retry the account."
    )
    then_retry = False


class NameRefused(FolderNotMade):
    """The destination cannot have a folder of this name. `taken`: it takes the name for that of another folder.
    `instead`: the name, as on the wire, under which it has made the folder."""

    kind = "folder name refused"

    def __init__(
        self,
        sentence: str,
        *,
        server_words: str = "",
        command: str = "",
        code: str = "",
        taken: bool = False,
        instead: bytes | None = None,
    ) -> None:
        super().__init__(sentence, server_words=server_words, command=command, code=code)
        self.taken = taken
        self.instead = instead


class ListingDoubted(MailError):
    """There may be folders that are not listed, or not so that they could be read."""

    kind = "folder list in doubt"
    scope = Scope.FOLDER
    advice = (
        "Compare the folders that a mail program shows in this mailbox with those that were copied. Rename a folder at "
        "the server whose name it does not report correctly."
    )


class ArrivedTwice(MailError):
    """Messages were in doubt when a connection ended, were sent again, and the first ones arrived after all."""

    kind = "arrived twice"
    scope = Scope.FOLDER
    advice = (
        "Delete these copies by hand at the destination, and start the account again: it checks that they are gone."
    )


class Contradicted(Disconnected):
    """A folder has two UIDVALIDITYs: it was replaced a moment ago, or the server contradicts itself. Asked once more
    it is believed; `uidvalidity` is the one that opening the folder gave."""

    kind = "folder contradicts itself"
    scope = Scope.FOLDER
    advice = "Have the server rebuild the folder's index, which gives it one UIDVALIDITY; then retry the account."
    then_retry = False

    def __init__(self, sentence: str, *, server_words: str = "", command: str = "", uidvalidity: int = 0) -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.uidvalidity = uidvalidity


class MailboxChanged(MailError):
    """A folder's UIDVALIDITY is another one than the journal's, and its messages could not be recognised."""

    kind = "folder was replaced"
    scope = Scope.FOLDER
    advice = (
        "Nothing is copied into this folder, because its user may have deleted what is missing. If it was emptied or "
        "rebuilt, have it filled again (F, or tui-migrate refill): all that is missing is then copied."
    )
    then_retry = False


class FolderEndsConnections(MailError):
    """Each connection ended at this folder, before a message of it was asked for."""

    kind = "connection ends at folder"
    scope = Scope.FOLDER
    advice = (
        "Open the folder with a mail program: it may be damaged on the server. Have it repaired there; then retry the "
        "account."
    )
    then_retry = False


class MessageRefused(MailError):
    """The server refused one message, or cannot hand it out."""

    kind = "message refused"
    scope = Scope.MESSAGE
    advice = "Read the server's words; write the message to a file and store it by hand, or skip it."
    then_retry = False

    def __init__(self, sentence: str, *, server_words: str = "", command: str = "", own: bool = True) -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.own = own
        """False when the server has named nothing that is wrong with the message: it may be ill itself."""


class MessageEndsConnections(MailError):
    """Each connection ended at this message, also when nothing else was under way."""

    kind = "connection ends at message"
    scope = Scope.MESSAGE
    advice = (
        "Open the message with a mail program: the server may have a damaged copy of it. Delete, move or skip it, or "
        "have the server repaired."
    )


class Poisoned(MailError):
    """BAD behind a non-synchronising literal.

    Dovecot then reads the message's own lines as commands, so the connection is closed at once and the destination
    looked at.
    """

    kind = "connection poisoned"
    retry = True
    advice = "Read the server's words and check its log: it has read a message as commands."

    def __init__(
        self, sentence: str, *, server_words: str = "", command: str = "", suspects: frozenset[tuple[bytes, int]]
    ) -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.suspects = suspects
        """Destination folder and source UID of the messages one of which did it."""
