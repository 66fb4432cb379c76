"""Faults come when a test wants them, and what the server counts is what it was asked."""

from __future__ import annotations

import threading

import pytest
import requests

from tests.servers.exchange.conftest import mail
from tests.servers.exchange.faults import Broken, Refused, RefusedItems, RefusedThings, Stopped, Unavailable, busy
from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.raw import RawExchange, get_item
from tests.servers.exchange.server import ExchangeDouble


@pytest.fixture
def ids(mailbox: ExchangeMailbox) -> list[str]:
    return list(mailbox.items)


def test_busy(server: ExchangeDouble, raw: RawExchange, ids: list[str]) -> None:
    server.faults = [busy(12_000, "GetItem", nth=2)]
    assert raw.mime(*ids) == [mail(0), mail(1), mail(2)]
    answer = raw.post(get_item(*ids))
    assert (answer.status_code, '<t:Value Name="BackOffMilliseconds">12000</t:Value>' in answer.text) == (500, True)
    assert raw.codes(get_item(*ids)) == ["NoError"] * 3
    server.faults = [Refused(code="ErrorTimeoutExpired").only_for("bert@old.example")]
    assert raw.codes(get_item(*ids)) == ["NoError"] * 3


def test_unavailable(server: ExchangeDouble, raw: RawExchange, ids: list[str]) -> None:
    server.faults = [Unavailable(status=429, retry_after="30"), Unavailable(nth=1)]
    answer = raw.post(get_item(*ids))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    answer = raw.post(get_item(*ids))
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, False)
    assert raw.codes(get_item(*ids)) == ["NoError"] * 3


def test_some_of_a_batch(server: ExchangeDouble, mailbox: ExchangeMailbox, raw: RawExchange, ids: list[str]) -> None:
    values = {"BackOffMilliseconds": "50"}
    server.faults = [Stopped("GetItem", code="ErrorServerBusy", values=values, begin=1)]
    assert raw.codes(get_item(*ids)) == ["NoError", "ErrorServerBusy", "ErrorBatchProcessingStopped"]
    server.faults = [RefusedThings("GetItem", code="ErrorMailboxStoreUnavailable", end=1)]
    assert raw.codes(get_item(*ids)) == ["ErrorMailboxStoreUnavailable", "NoError", "NoError"]
    server.faults = [RefusedItems([mailbox.items[ids[1]]], times=1)]
    assert raw.codes(get_item(*ids)) == ["NoError", "ErrorItemCorrupt", "NoError"]
    assert raw.codes(get_item(*ids)) == ["NoError"] * 3


def test_an_answer_that_ends_early(server: ExchangeDouble, raw: RawExchange, ids: list[str]) -> None:
    server.faults = [Broken("GetItem", octets=900)]
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        raw.post(get_item(*ids))
    until = threading.Event()
    server.faults = [Broken("GetItem", octets=900, until=until)]
    threading.Timer(0.01, until.set).start()
    assert raw.codes(get_item(*ids)) == ["NoError"] * 3


def test_large_answers_come_in_chunks(
    server: ExchangeDouble, mailbox: ExchangeMailbox, raw: RawExchange, ids: list[str]
) -> None:
    large = mailbox.roles["inbox"].add(mail(7) + b"x" * 1_000_000)
    assert raw.post(get_item(large.id)).headers["Transfer-Encoding"] == "chunked"
    assert raw.mime(large.id, ids[0]) == [large.octets, mail(0)]
    assert "Content-Length" in raw.post(get_item(*ids)).headers


def test_it_counts(server: ExchangeDouble, raw: RawExchange, ids: list[str]) -> None:
    raw.mime(*ids)
    raw.sync()
    raw.mime("rubbish")
    assert server.operations == {"GetItem": 2, "SyncFolderItems": 1}
    assert server.items == {"GetItem": 3, "SyncFolderItems": 3}
    assert (server.connections, server.most_at_once) == (1, 1)
    assert server.octets_said > server.octets_heard > 0
    server.at_most = 0
    assert raw.fault(get_item(*ids)) == "ErrorExceededConnectionCount"
