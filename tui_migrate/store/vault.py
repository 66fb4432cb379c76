"""Passwords at rest: Fernet (AES-128-CBC with HMAC) with a key that lies apart from the store."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from tui_migrate.errors import StoreUnusable
from tui_migrate.model import Secret
from tui_migrate.ownership import open_own


class Vault:
    """Seals and opens secrets. Raises StoreUnusable when the key cannot be read or made, or does not fit."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file
        try:
            self._fernet = Fernet(_load_or_make(key_file))
        except ValueError as error:
            raise StoreUnusable(f"{key_file} holds no key. Put back the key that belongs to the store.") from error

    def seal(self, secret: Secret) -> bytes:
        """The form in which a secret may be stored."""
        return self._fernet.encrypt(secret.reveal().encode())

    def open(self, sealed: bytes) -> Secret:
        """The secret again."""
        try:
            return Secret(self._fernet.decrypt(sealed).decode())
        except InvalidToken as error:
            raise StoreUnusable(
                f"The key in {self._key_file} does not open this store's passwords. "
                "Put back the key that belongs to the store, or enter the passwords again."
            ) from error


def _load_or_make(key_file: Path) -> bytes:
    try:
        if not os.path.lexists(key_file):
            _make(key_file)
        with os.fdopen(open_own(key_file, os.O_RDONLY), "rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise StoreUnusable(f"The key {key_file} can be read by others: chmod 600 it.")
            return file.read()
    except OSError as error:
        raise StoreUnusable(f"The key {key_file} cannot be used: {error.strerror}.") from error


def _make(key_file: Path) -> None:
    """Written whole under another name first: a second process that starts now must never read half a key."""
    handle, temporary = tempfile.mkstemp(prefix=key_file.name, dir=key_file.parent)  # 0600
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key())
        file.flush()
        os.fsync(file.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(temporary, key_file)
    finally:
        Path(temporary).unlink()
