"""What the system says when something cannot be written, as errors that an admin can read."""

from __future__ import annotations

import errno

from tui_migrate.errors import CommandRefused, DiskFull, MailError, MessageRefused, NotWritable

_FULL = (errno.ENOSPC, errno.EDQUOT)
_GONE = (errno.ENOENT, errno.ENOTDIR)


def words_of(error: OSError) -> str:
    """The system's."""
    return error.strerror or str(error)


def of_mailbox(error: OSError, sentence: str) -> MailError:
    """It concerns more than one folder."""
    if error.errno in _FULL:
        return DiskFull("The disk on which the Maildir lies is full.", server_words=words_of(error))
    return NotWritable(sentence, server_words=words_of(error))


def of_folder(error: OSError, display: str) -> MailError:
    """It happened when a folder was opened, or looked into."""
    if error.errno in (*_FULL, errno.EROFS):
        return of_mailbox(error, "The Maildir cannot be written to.")
    return CommandRefused(f"The folder {display} cannot be opened.", server_words=words_of(error))


def of_message(error: OSError) -> MailError:
    """It happened when a message was written."""
    if error.errno == errno.EFBIG:
        return MessageRefused("The file system takes no file as large as the message.", server_words=words_of(error))
    if error.errno in _GONE:
        return CommandRefused("The folder is not there any more.", server_words=words_of(error))
    return of_mailbox(error, "The message cannot be written.")
