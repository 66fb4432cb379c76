"""A message that Outlook has saved as a file (`.msg`)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from tui_migrate.errors import MessageDamaged, StoreUnusable
from tui_migrate.mail.eml.files import File, Files
from tui_migrate.mail.mapi.item import Item
from tui_migrate.mail.message import SPOOL_ABOVE
from tui_migrate.mail.msg.message import message_in


@contextmanager
def outlook_item(files: Files, file: File, spool_folder: Path | None) -> Iterator[Item]:
    """What the file holds, known by its octets. Raises MessageDamaged, StoreUnusable and what reading it raises."""
    digest = blake2b(digest_size=8)
    where = str(spool_folder or tempfile.gettempdir())
    with tempfile.SpooledTemporaryFile(SPOOL_ABOVE, dir=where, prefix="message-") as whole:
        for piece in files.pieces(file):
            digest.update(piece)
            try:
                whole.write(piece)
            except OSError as error:
                sentence = f"A message of {file.size} bytes cannot be kept in {where}: {error.strerror}."
                raise StoreUnusable(sentence) from error
        whole.seek(0)
        try:
            yield message_in(whole, digest.hexdigest())
        except MessageDamaged as error:
            raise file.damaged(error.sentence, error.server_words) from error
