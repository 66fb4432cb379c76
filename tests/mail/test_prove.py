"""Logins proven side by side: never more connections than a server is to have, and no end of trouble repeated."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.conftest import DovecotFactory
from tests.support.counting_proxy import CountingProxy
from tests.support.doorman import Doorman
from tui_migrate.errors import CannotConnect, LoginRefused
from tui_migrate.mail.prove import Job, Proof, Proving, Slots, look_inside, prove
from tui_migrate.model import ImapServer, Login, Secret, Security, Server, Side

PASSWORD = "secret"
PATIENCE_SECONDS = 120.0


def server(port: int, connections: int = 10) -> Server:
    return ImapServer("127.0.0.1", security=Security.NONE, port=port, max_connections=connections)


def job(key: int, user: str, source: str = PASSWORD, destination: str = PASSWORD) -> Job:
    return Job(key, (Login(user, Secret(source)), Login(user, Secret(destination))))


def prove_all(servers: tuple[Server, Server], jobs: list[Job], used: int = 0) -> dict[int, Proof]:
    """Until the end; the proofs by their keys."""
    told: dict[int, Proof] = {}
    ended = threading.Event()
    slots = Slots(lambda _: used)
    proving = Proving(servers, jobs, slots, lambda proof: told.__setitem__(proof.key, proof), ended.set)
    proving.start()
    assert ended.wait(PATIENCE_SECONDS)
    proving.join(PATIENCE_SECONDS)
    assert proving.is_over
    return told


@pytest.fixture
def users(dovecot_factory: DovecotFactory, unique_user: Callable[[], str]) -> list[str]:
    """Mailboxes."""
    names = [unique_user() for _ in range(4)]
    for name in names:
        dovecot_factory().add_user(name, PASSWORD)
    return names


def test_a_login_shows_its_folders_and_a_wrong_one_the_servers_words(
    dovecot_factory: DovecotFactory, users: list[str]
) -> None:
    there = server(dovecot_factory().port)
    assert look_inside(Side.SOURCE, there, Login(users[0], Secret(PASSWORD))).folders == ["INBOX"]
    prove(Side.SOURCE, there, Login(users[0], Secret(PASSWORD)))
    with pytest.raises(LoginRefused) as refused:
        prove(Side.SOURCE, there, Login(users[0], Secret("wrong")))
    assert "AUTHENTICATIONFAILED" in refused.value.server_words


def test_each_side_has_its_own_answer(dovecot_factory: DovecotFactory, users: list[str]) -> None:
    there = server(dovecot_factory().port)
    good, bad_source, bad_destination, both = users
    jobs = [job(1, good), job(2, bad_source, "x"), job(3, bad_destination, PASSWORD, "x"), job(4, both, "x", "x")]
    told = prove_all((there, there), jobs)
    refused = {key: (proof.source is not None, proof.destination is not None) for key, proof in told.items()}
    assert refused == {1: (False, False), 2: (True, False), 3: (False, True), 4: (True, True)}


@pytest.mark.parametrize(("limit", "used", "most"), [(4, 0, 4), (4, 3, 1), (2, 9, 1)])
def test_two_hundred_logins_keep_to_the_limit(
    dovecot_factory: DovecotFactory, users: list[str], limit: int, used: int, most: int
) -> None:
    number = 200 if not used else 12
    with CountingProxy(dovecot_factory().port) as proxy:
        there = server(proxy.port, limit)
        told = prove_all((there, there), [job(key, users[key % 4]) for key in range(number)], used)
    assert sorted(told) == list(range(number))
    assert not any(proof.errors for proof in told.values())
    assert proxy.all == 2 * number
    assert proxy.most == most


def test_a_server_that_is_not_there_is_asked_once(dovecot_factory: DovecotFactory, users: list[str]) -> None:
    with CountingProxy(dovecot_factory().port) as proxy:
        servers = (server(proxy.port, 1), server(1, 1))
        told = prove_all(servers, [job(key, users[0]) for key in range(100)])
        assert proxy.all <= 2
    assert len(told) <= 2
    assert isinstance(told[0].of_server, CannotConnect)


def test_who_stops_is_told_nothing_more() -> None:
    ended = threading.Event()
    with Doorman(greeting=b"") as silent:
        told: list[Proof] = []
        there = server(silent.port, 2)
        jobs = [job(key, "u") for key in range(9)]
        proving = Proving((there, there), jobs, Slots(lambda _: 0), told.append, ended.set)
        proving.start()
        assert silent.met.wait(PATIENCE_SECONDS)
        proving.stop()
        assert not proving.is_over
    assert ended.wait(PATIENCE_SECONDS)
    assert told == []


def test_nothing_to_prove_ends_at_once() -> None:
    assert prove_all((server(1), server(1)), []) == {}
