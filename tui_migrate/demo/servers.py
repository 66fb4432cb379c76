"""Two real IMAP servers (pymap) on loopback, in a thread of this process. Their mail is in memory only."""

from __future__ import annotations

import asyncio
import secrets
import threading
from argparse import Namespace
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, Identity, Login, Session
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxData, MailboxSet
from pymap.concurrent import Subsystem
from pymap.exceptions import AppendFailure
from pymap.imap import IMAPServer
from pymap.interfaces.login import IdentityInterface
from pymap.parsing.message import AppendMessage
from pymap.parsing.response import ResponseCode
from pymap.parsing.response.code import AppendUid
from pymap.parsing.specials import Flag, ObjectId
from pymap.parsing.specials.flag import Wildcard
from pymap.selected import SelectedMailbox
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from tui_migrate.demo.mail import FOLDERS, REFUSED_ATTACHMENT, SampleMessage, sample_mail

HOST = "127.0.0.1"
SIZES: Mapping[str, int] = {"anna": 700, "bram": 450, "chidi": 300, "dewi": 200, "elif": 120, "femke": 60}
"""Messages of each account."""
_REFUSED_AT = "bram"
"""Whose mailbox holds the message that the destination refuses."""


@dataclass(frozen=True, slots=True)
class DemoServers:
    """Where the two servers listen, and who has a mailbox on both."""

    source_port: int
    destination_port: int
    accounts: Sequence[tuple[str, str]]
    """User and password. The passwords are new at every start."""


@contextmanager
def demo_servers(sizes: Mapping[str, int] = SIZES, *, seconds_per_message: float = 0.0) -> Iterator[DemoServers]:
    """Run a source full of sample mail and an empty destination until the block ends.

    The destination answers NO to the one message that carries `REFUSED_ATTACHMENT`. With `seconds_per_message` it is
    as slow in storing as a server that has more to do, so that there is progress to look at.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="demo servers")
    thread.start()
    try:
        starting = asyncio.run_coroutine_threadsafe(_start(sizes, seconds_per_message), loop)
        source, destination, accounts = starting.result()
        try:
            yield DemoServers(_port(source), _port(destination), accounts)
        finally:
            asyncio.run_coroutine_threadsafe(_stop(source, destination), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


async def _start(
    sizes: Mapping[str, int], seconds_per_message: float
) -> tuple[asyncio.Server, asyncio.Server, list[tuple[str, str]]]:
    accounts = [(f"{name}@demo.example", secrets.token_urlsafe(12)) for name in sizes]
    source = Login(config())
    destination = _DestinationLogin(config(), seconds_per_message)
    for (user, password), (name, size) in zip(accounts, sizes.items(), strict=True):
        mail = sample_mail(user, size, refused=name == _REFUSED_AT)
        _add_user(source, user, password, await _filled(mail))
        _add_user(destination, user, password, _Mailboxes())
    return await _listen(source), await _listen(destination), accounts


async def _stop(*servers: asyncio.Server) -> None:
    for server in servers:
        server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(login: Login) -> asyncio.Server:
    connected = ProxyProtocolReader(login.config.proxy_protocol).get_callback(IMAPServer(login, login.config))
    return await asyncio.start_server(connected, HOST, 0)


def config(port: int = 0) -> Config:
    """Settings of a pymap server that listens on this loopback port, without TLS and without mail of its own."""
    # Passwords lie in this process alone. pymap's hash would cost a tenth of a second of CPU for every connection.
    return Config(
        Namespace(passlib_cfg=None, proxy_protocol=None),
        host=HOST,
        port=port,
        tls_enabled=False,
        hash_context=Cleartext(),
        cpu_subsystem=Subsystem.for_asyncio(),
        demo_data=False,
        demo_user="",
        demo_password="",
    )


def _add_user(login: Login, user: str, password: str, mailboxes: MailboxSet) -> None:
    login.users_dict[user] = UserMetadata(login.config, user, password=password)
    login.config.set_cache[user] = (mailboxes, FilterSet())


async def _filled(mail: Iterable[SampleMessage]) -> MailboxSet:
    mailboxes = _Mailboxes()
    for folder in FOLDERS:
        if folder != "INBOX":
            await mailboxes.add_mailbox(folder)
            await mailboxes.set_subscribed(folder, True)
    for message in mail:
        mailbox = await mailboxes.get_mailbox(message.folder)
        await mailbox.append(AppendMessage(message.data, message.when, frozenset(map(Flag, message.flags))))
    return mailboxes


class _Mailbox(MailboxData):
    """A mailbox that says that it keeps keywords. pymap's own keeps them and does not say so."""

    @property
    def permanent_flags(self) -> frozenset[Flag]:
        return super().permanent_flags | {Wildcard}


class _Mailboxes(MailboxSet):
    def __init__(self) -> None:
        super().__init__()
        self._inbox = self._new()

    def _new(self) -> _Mailbox:
        return _Mailbox(self._content_cache, self._thread_cache)

    async def add_mailbox(self, name: str) -> ObjectId:
        await super().add_mailbox(name)
        self._set[name] = mailbox = self._new()
        return mailbox.mailbox_id


class _DestinationLogin(Login):
    def __init__(self, config: Config, seconds_per_message: float) -> None:
        super().__init__(config)
        self.seconds_per_message = seconds_per_message

    async def authorize(self, authenticated: IdentityInterface, authzid: str) -> Identity:
        allowed = await super().authorize(authenticated, authzid)
        return _DestinationIdentity(allowed.name, self, None, allowed.roles)


class _DestinationIdentity(Identity):
    @asynccontextmanager
    async def new_session(self) -> AsyncIterator[Session]:
        assert isinstance(self.login, _DestinationLogin)
        async with super().new_session() as session:
            yield _DestinationSession(session, self.login.seconds_per_message)


class _DestinationSession(Session):
    """A session that takes its time for each message, and refuses an APPEND with a forbidden attachment as a whole (RFC
    3502)."""

    def __init__(self, session: Session, seconds_per_message: float) -> None:
        super().__init__(session.owner, session.config, session.mailbox_set, session.filter_set)
        self._seconds_per_message = seconds_per_message

    async def append_messages(
        self, name: str, messages: Sequence[AppendMessage], selected: SelectedMailbox | None = None
    ) -> tuple[AppendUid, SelectedMailbox | None]:
        await asyncio.sleep(self._seconds_per_message * len(messages))
        for message in messages:
            if f'filename="{REFUSED_ATTACHMENT}"'.encode() in message.literal:
                words = f"Attachment {REFUSED_ATTACHMENT} is not allowed on this server"
                raise AppendFailure(name, words.encode(), ResponseCode.of(b"CANNOT"))
        return await super().append_messages(name, messages, selected)
