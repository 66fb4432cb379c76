"""Errors about how connections, and accounts, come to an end. They belong to the tree in `errors`."""

from __future__ import annotations

from tui_migrate.errors import Disconnected, MailError
from tui_migrate.model import Scope


class Stalled(Disconnected):
    """The server says nothing, and the connection is given up."""


class Unpipelined(Disconnected):
    """The server takes no command before it has answered the one ahead. It is asked so from now on."""


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


class MessageEndsConnections(MailError):
    """Each connection ended at this message, also when nothing else was under way."""

    kind = "connection ends at message"
    scope = Scope.MESSAGE
    advice = (
        "Open the message with a mail program: the server may have a damaged copy of it. Delete, move or skip it, or "
        "have the server mended; then retry it."
    )


class FolderEndsConnections(MailError):
    """Each connection ended at this folder, before a message of it was asked for."""

    kind = "connection ends at folder"
    scope = Scope.FOLDER
    advice = (
        "Open the folder with a mail program: the server may hold it damaged. Have it mended, then retry the account."
    )
    then_retry = False


class InternalFault(MailError):
    """Something in this program that nobody foresaw. It ends the account that met it, and no other."""

    kind = "internal fault, please report"
    advice = (
        "Please report it, with the lines of the file that the sentence names: they hold no names, passwords or mail. "
        "Then retry the account: it goes on where it was."
    )
    then_retry = False
