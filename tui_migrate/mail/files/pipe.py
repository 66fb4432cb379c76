"""What an engine and a reader of files say to each other: values, with the descriptors of files beside them."""

from __future__ import annotations

import contextlib
import io
import pickle
import socket
import struct
from typing import Any

_HEAD = struct.Struct("<IB")
"""Octets that follow, and whether a descriptor comes behind them."""
PLACE = struct.Struct("<Q")
"""The UID that a reader is at, in the file that it is given for that."""


class Ended(Exception):
    """The other end is gone."""


class Pipe:
    """One end of a pair of sockets. All of it raises Ended."""

    def __init__(self, ours: socket.socket, *, wary: bool = False) -> None:
        """`wary`: of what the other end says nothing comes out but plain values and errors of our own, since it reads
        what strangers have written."""
        self._socket = ours
        self._load = _Wary if wary else pickle.Unpickler

    def send(self, value: object, descriptor: int | None = None) -> None:
        """A value, and a file to go with it."""
        octets = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        try:
            self._socket.sendall(_HEAD.pack(len(octets), descriptor is not None) + octets)
            if descriptor is not None:
                socket.send_fds(self._socket, [b"."], [descriptor])
        except OSError as error:
            raise Ended from error

    def receive(self) -> tuple[Any, int | None]:
        """The next value, and the descriptor of its file, which is the caller's now."""
        size, has_file = _HEAD.unpack(self._read(_HEAD.size))
        value = self._load(io.BytesIO(self._read(size))).load()
        if not has_file:
            return value, None
        for descriptor in socket.recv_fds(self._socket, 1, 1)[1]:
            return value, descriptor
        raise Ended

    def cut(self) -> None:
        """Whoever waits at either end is told that the other one is gone. From any thread."""
        with contextlib.suppress(OSError):  # it is gone already
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give back the socket."""
        self._socket.close()

    def _read(self, size: int) -> bytearray:
        octets = bytearray(size)
        view, come = memoryview(octets), 0
        while come < size:
            try:
                piece = self._socket.recv_into(view[come:])
            except OSError as error:
                raise Ended from error
            if not piece:
                raise Ended
            come += piece
        return octets


class _Wary(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if module.startswith("tui_migrate.") else None
        if not isinstance(found, type) or not found.__module__.startswith("tui_migrate."):
            raise pickle.UnpicklingError(f"{module}.{name} is no value of ours")
        return found
