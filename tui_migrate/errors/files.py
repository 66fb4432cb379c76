"""What is wrong with mailboxes that lie in files."""

from __future__ import annotations

from tui_migrate.errors.base import MailError
from tui_migrate.errors.connections import Disconnected
from tui_migrate.errors.mail import OverQuota
from tui_migrate.model import Scope

_SAID = "In detail"
"""The words are the system's, or tell where in a file: there is no server."""


class NotOpened(MailError):
    """Nothing of a mailbox can be read, and waiting does not help."""


class FilesMissing(NotOpened):
    """There is no such file or folder, it may not be opened, or it is none of its kind."""

    kind = "no mailbox there"
    said = _SAID
    advice = "Check the path, and that the user who runs this may read it."


class PathRefused(NotOpened):
    """A mailbox's path leads out of the folder in which all of them lie."""

    kind = "path refused"
    said = _SAID
    advice = "Write a path inside of that folder, without `..` and without links that lead out of it."


class FileDamaged(NotOpened):
    """Nothing of a mailbox can be read: what all else hangs on is damaged, or it is in no form that is known."""

    kind = "file damaged"
    said = _SAID
    advice = "Have the file repaired by the program that wrote it (such as scanpst for Outlook's), or get another copy."


class FolderDamaged(MailError):
    """What lists the messages of a folder cannot be read."""

    kind = "folder damaged"
    said = _SAID
    scope = Scope.FOLDER
    advice = "Have the file repaired by the program that wrote it, or get another copy of it."


class FolderUnreadable(FolderDamaged):
    """A folder is there, and the system does not let us look into it, or we do not want to."""

    kind = "folder cannot be read"
    advice = "Give the user who runs this the right to read it; a link has to give way to what it leads to."


class MessageDamaged(MailError):
    """A message is listed and cannot be read out of its file."""

    kind = "message damaged"
    said = _SAID
    scope = Scope.MESSAGE
    advice = "Open the message with the program that wrote the file, or get another copy of the file; or skip it."


class MessageUnreadable(MessageDamaged):
    """A message's file is there, and the system does not let us read it."""

    kind = "message cannot be read"
    advice = "Read the system's words: the user who runs this may need the right to read the file; or skip it."


class FileChanged(MailError):
    """A file was written, cut short or replaced while it was read."""

    kind = "file changed meanwhile"
    said = _SAID
    retry = True
    advice = "Close the program that writes to the file, or give a copy of it."


class ReaderEnded(Disconnected):
    """The process that reads a mailbox has died of it, or could not be started. The engine and others go on."""

    kind = "reading ended"
    said = _SAID
    advice = "See if this machine has memory left, and its system's log: what a file holds may have ended the reading."


class MessageEndsReading(MailError):
    """Each process that read it ended at this message, also when nothing else was under way."""

    kind = "reading ends at message"
    said = _SAID
    scope = Scope.MESSAGE
    advice = "Open the message with the program that wrote the file, and write it to a file of its own; or skip it."


class FolderEndsReading(MailError):
    """Each process that read it ended at this folder, before a message of it was read."""

    kind = "reading ends at folder"
    said = _SAID
    scope = Scope.FOLDER
    advice = "Have the file repaired by the program that wrote it, or get another copy of it."


class NotWritable(MailError):
    """The system does not let us write where a mailbox lies, for another reason than that the disk is full."""

    kind = "cannot be written to"
    said = _SAID
    advice = "Read the system's words: the user who runs this may need the right to write there."


class DiskFull(OverQuota):
    """The disk on which mailboxes lie takes no more, or no more of this user's."""

    kind = "disk full"
    said = _SAID
    advice = "Make room on the disk, or raise the quota that its user has there."
