"""Passwords at rest: AES-GCM with a key that lies apart from the store, each bound to what it is for.

What a password was given for is authenticated with it (associated data, RFC 5116): whoever changes a host or a user in
the store gets no password sent there.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tui_migrate.errors import StoreUnusable
from tui_migrate.model import Secret
from tui_migrate.ownership import open_own

_FORM = b"\x02"
"""The first octet of what is sealed, before the name of the key. Fernet, of version 0.1, begins with another."""
_KEY_OCTETS, _NAME_OCTETS, _NONCE_OCTETS = 32, 4, 12


class Vault:
    """Seals and opens secrets. Raises StoreUnusable when the key cannot be read or made, or does not fit."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file
        try:
            material = base64.urlsafe_b64decode(_load_or_make(key_file))
        except ValueError:
            material = b""
        if len(material) != _KEY_OCTETS:
            raise StoreUnusable(f"{key_file} holds no key. Put back the key that belongs to the store.")
        key = HKDF(SHA256(), _KEY_OCTETS, salt=None, info=b"tui-migrate passwords").derive(material)
        self._aead = AESGCM(key)
        self._begins = _FORM + hashlib.sha256(key).digest()[:_NAME_OCTETS]

    def seal(self, secret: Secret, bond: Sequence[str]) -> bytes:
        """The form in which a secret may be stored. `bond`: what it is for, where it may be sent and for whom."""
        nonce = os.urandom(_NONCE_OCTETS)
        return self._begins + nonce + self._aead.encrypt(nonce, secret.reveal().encode(), _octets(bond))

    def open(self, sealed: bytes, bond: Sequence[str]) -> Secret:
        """The secret again. Raises StoreUnusable when it was sealed by another key, or for something else."""
        begins, rest = sealed[: len(self._begins)], sealed[len(self._begins) :]
        if begins != self._begins:
            raise StoreUnusable(
                f"The key in {self._key_file} does not open this store's passwords. "
                "Put back the key that belongs to the store, or enter the passwords again."
            )
        try:
            plain = self._aead.decrypt(rest[:_NONCE_OCTETS], rest[_NONCE_OCTETS:], _octets(bond))
        except InvalidTag as error:
            raise StoreUnusable(
                f"A password in the store was not given for {' '.join(filter(None, bond))}: the store was changed by "
                "another hand, and the password is not sent there. Enter it again, or put back the store."
            ) from error
        return Secret(plain.decode())


def _octets(bond: Sequence[str]) -> bytes:
    return json.dumps(list(bond)).encode()


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
        file.write(base64.urlsafe_b64encode(os.urandom(_KEY_OCTETS)))
        file.flush()
        os.fsync(file.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(temporary, key_file)
    finally:
        Path(temporary).unlink()
