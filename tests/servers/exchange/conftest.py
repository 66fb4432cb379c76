"""A double of Exchange with one filled mailbox, and a client that says what it is told to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.certificates import Certificates
from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.raw import RawExchange
from tests.servers.exchange.server import ExchangeDouble


def mail(number: int) -> bytes:
    """A message that no other one equals."""
    return f"Subject: number {number}\r\nMessage-ID: <{number}@old.example>\r\n\r\nText {number}\r\n".encode()


@pytest.fixture
def mailbox() -> ExchangeMailbox:
    """Anna's: three messages in the inbox, and what lies beside it."""
    mailbox = ExchangeMailbox()
    inbox = mailbox.add_folder("Posteingang", "inbox")
    mailbox.add_folder("Éléments envoyés", "sentitems")
    for number in range(3):
        inbox.add(mail(number))
    return mailbox


@pytest.fixture
def server(mailbox: ExchangeMailbox, certificates: Certificates) -> Iterator[ExchangeDouble]:
    with ExchangeDouble(mailbox, tls=certificates.good.context()) as server:
        yield server


@pytest.fixture
def raw(server: ExchangeDouble, certificates: Certificates) -> Iterator[RawExchange]:
    with RawExchange(server, certificates.ca_file) as client:
        yield client
