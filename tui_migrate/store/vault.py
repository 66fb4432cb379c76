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
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tui_migrate.errors import PasswordLost, StoreUnusable
from tui_migrate.model import Secret
from tui_migrate.ownership import open_own

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORM = b"\x02"
"""The first octet of what is sealed, before the name of the key. Fernet, of version 0.1, begins with another."""
_KEY_OCTETS, _NAME_OCTETS, _NONCE_OCTETS = 32, 4, 12


@dataclass(frozen=True, slots=True, repr=False)
class Unopened(Secret):
    """A password that is stored and does not open. It concerns whoever needs its text, and nobody else; stored again,
    it stays as it is. Raises PasswordLost out of `reveal`."""

    sealed: bytes
    why: str = field(compare=False)
    """What happened and what to do, as sentences."""

    @property
    def is_lost(self) -> bool:
        return True

    def reveal(self) -> str:
        raise PasswordLost(self.why)


class Vault:
    """Seals and opens secrets. Raises StoreUnusable when the key cannot be read or made."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file
        try:
            material = base64.urlsafe_b64decode(_load_or_make(key_file))
        except ValueError:
            material = b""
        if len(material) != _KEY_OCTETS:
            raise StoreUnusable(f"{key_file} holds no key. Put back the key that belongs to the store.")
        self._material = material

    @cached_property
    def _cipher(self) -> tuple[AESGCM, bytes]:
        """What seals and opens, and the octets with which all begins that it has sealed. Made when a password is
        touched: most commands touch none."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        key = HKDF(SHA256(), _KEY_OCTETS, salt=None, info=b"tui-migrate passwords").derive(self._material)
        return AESGCM(key), _FORM + hashlib.sha256(key).digest()[:_NAME_OCTETS]

    def seal(self, secret: Secret, bond: Sequence[str]) -> bytes:
        """The form in which a secret may be stored. `bond`: what it is for, where it may be sent and for whom."""
        if isinstance(secret, Unopened):
            return secret.sealed
        nonce = os.urandom(_NONCE_OCTETS)
        aead, begins = self._cipher
        return begins + nonce + aead.encrypt(nonce, secret.reveal().encode(), _octets(bond))

    def open(self, sealed: bytes, bond: Sequence[str]) -> Secret:
        """The secret again; `Unopened` when it was sealed by another key, or for something else."""
        whose = " ".join(filter(None, bond))
        if not sealed.startswith(_FORM):
            return _unopened(
                sealed,
                f"The password for {whose} was sealed by an earlier version, with another key than the one that was in "
                f"{self._key_file} when the store was upgraded. Enter it again, or put back that key and the store as "
                "it was before the upgrade.",
            )
        from cryptography.exceptions import InvalidTag

        aead, begins = self._cipher
        rest = sealed[len(begins) :]
        if not sealed.startswith(begins):
            return _unopened(
                sealed,
                f"The key in {self._key_file} does not open the password for {whose}. "
                "Put back the key that belongs to the store, or enter the password again.",
            )
        try:
            plain = aead.decrypt(rest[:_NONCE_OCTETS], rest[_NONCE_OCTETS:], _octets(bond))
        except (InvalidTag, ValueError):
            return _unopened(
                sealed,
                f"A password in the store was not given for {whose}: the store was changed by another hand, and the "
                "password is not sent there. Enter it again, or put back the store.",
            )
        return Secret(plain.decode())


def _unopened(sealed: bytes, why: str) -> Unopened:
    return Unopened("", sealed, why)


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
    """A new key, written whole under another name first: a second process that starts now must never read half a
    key."""
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
