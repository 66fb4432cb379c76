"""Fixtures for tests that talk to real servers."""

from __future__ import annotations

import gc
import imaplib
import os
import signal
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from itertools import count
from pkgutil import iter_modules
from typing import Protocol

import pytest
from hypothesis import settings

from tests.doubles.memory import memory_kinds
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.dovecot import Dovecot, DovecotOptions, find_program
from tests.servers.memory import memory_disk
from tests.support.statements import share_statements
from tui_migrate import store

for _number, _usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) is signal.SIG_IGN:  # as under nohup: the programs that tests start inherit it
        signal.signal(_number, _usual)

if _memory := memory_disk():  # disks of test machines are slow, and every test writes mail and stores
    os.environ["TMPDIR"] = tempfile.tempdir = str(_memory)

share_statements()

for _module in iter_modules(store.__path__):  # a clock that is set in the stand-in of one is not the module's
    import_module(f"{store.__name__}.{_module.name}")

gc.set_threshold(50_000, 20, 10)  # a quarter of what the screens' tests cost was looking for garbage


def pytest_collection_finish() -> None:
    """What is imported by now stays for good: it is not looked through for garbage again and again."""
    gc.collect()
    gc.freeze()


# A busy machine is no failure.
settings.register_profile("quick", deadline=None, max_examples=50)
settings.register_profile("nightly", deadline=None, max_examples=2000)
settings.load_profile("quick")


class DovecotFactory(Protocol):
    """Gives a running server for these options, the same one for equal options unless `fresh`."""

    def __call__(self, options: DovecotOptions | None = None, *, fresh: bool = False) -> Dovecot: ...


class Imap(Protocol):
    """Connects to a port, logs in when there is a user, and closes at the end of the test."""

    def __call__(
        self, port: int, user: str = "", password: str = "secret", *, tls: ssl.SSLContext | None = None
    ) -> imaplib.IMAP4: ...


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """One CA with good and bad certificates."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def dovecot_factory() -> Iterator[DovecotFactory]:
    """Starts servers, shares them among the tests of this process, and stops them at the end.

    Ask for a `fresh` one to stop it, or to change anything that other tests would notice.
    """
    if find_program("dovecot") is None:
        reason = "Dovecot is not installed (Debian: apt-get install dovecot-imapd dovecot-pop3d)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    shared: dict[str, Dovecot] = {}
    with ExitStack() as stack:

        def factory(options: DovecotOptions | None = None, *, fresh: bool = False) -> Dovecot:
            options = options or DovecotOptions()
            if not fresh and (running := shared.get(repr(options))):
                return running
            server = stack.enter_context(Dovecot(options))
            if not fresh:
                shared[repr(options)] = server
            return server

        yield factory


@pytest.fixture
def memory() -> Iterator[None]:
    """Mailboxes in memory are kinds of mailbox; what lies in them is in `tests.doubles.places.PLACES`."""
    with memory_kinds():
        yield


@pytest.fixture(scope="session")
def unique_user() -> Callable[[], str]:
    """Names mailboxes that no other test of this process uses, so that tests can share a server."""
    numbers = count(1)
    return lambda: f"user{next(numbers)}"


@pytest.fixture
def imap() -> Iterator[Imap]:
    """Python's own IMAP client, to look at servers and to change things behind the program's back."""
    with ExitStack() as stack:

        def connect(
            port: int, user: str = "", password: str = "secret", *, tls: ssl.SSLContext | None = None
        ) -> imaplib.IMAP4:
            client = imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=tls) if tls else imaplib.IMAP4("127.0.0.1", port)
            stack.callback(client.shutdown)
            if user:
                client.login(user, password)
            return client

        yield connect
