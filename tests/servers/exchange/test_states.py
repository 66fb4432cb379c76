"""A SyncState means a point in time: a client that follows it ends with what the folder holds, whatever happens
between two answers."""

from __future__ import annotations

import random

import pytest

from tests.servers.exchange.conftest import mail
from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.raw import Change, RawExchange
from tests.servers.exchange.server import ExchangeDouble


def kinds(changes: list[Change]) -> list[str]:
    return [change.kind for change in changes]


def test_each_kind_of_change_is_told_once(mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    inbox, sent = mailbox.folder("Posteingang"), mailbox.folder("Éléments envoyés")
    first, second, third = inbox.items.values()
    changes, state, last = raw.sync()
    assert (kinds(changes), last) == (["Create"] * 3, True)
    assert [change.id for change in changes] == [third.id, second.id, first.id]  # newest first
    assert raw.sync(state) == ([], state, True)

    inbox.mark(first, read=True)
    inbox.change(second, categories=["Blau"])
    moved = inbox.move(third, sent)
    fourth = inbox.add(mail(4))
    changes, later, _ = raw.sync(state)
    assert {(change.kind, change.id) for change in changes} == {
        ("Create", fourth.id),
        ("Delete", third.id),
        ("Update", second.id),
        ("ReadFlagChange", first.id),
    }
    assert moved.id != third.id
    assert moved.octets == third.octets
    assert raw.sync(later)[0] == []
    assert raw.sync(state)[0] == changes  # a state means the same for ever


def test_what_came_and_went_between_two_answers_is_not_told(mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    state = raw.sync()[1]
    inbox = mailbox.folder("Posteingang")
    inbox.delete(inbox.add(mail(9)))
    assert raw.sync(state)[0] == []


@pytest.mark.parametrize("seed", range(5))
def test_a_client_that_follows_ends_with_what_is_there(mailbox: ExchangeMailbox, raw: RawExchange, seed: int) -> None:
    chance, inbox = random.Random(seed), mailbox.folder("Posteingang")
    held: dict[str, str] = {}
    state = ""
    for turn in range(40):
        for _ in range(chance.randrange(4)):
            items = list(inbox.items.values())
            match chance.randrange(4) if items else 0:
                case 0:
                    inbox.add(mail(turn))
                case 1:
                    inbox.delete(chance.choice(items))
                case 2:
                    inbox.mark(chance.choice(items), read=chance.random() < 0.5)
                case _:
                    inbox.change(chance.choice(items), draft=True)
        changes, state, last = raw.sync(state, most=2)
        follow(held, changes)
    while not last:
        changes, state, last = raw.sync(state, most=2)
        follow(held, changes)
    assert held == {item.id: item.change_key for item in inbox.items.values()}


def follow(held: dict[str, str], changes: list[Change]) -> None:
    for change in changes:
        if change.kind == "Delete":
            del held[change.id]
        else:
            assert (change.id in held) == (change.kind != "Create")
            held[change.id] = change.key


def test_512_changes_an_answer(mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    for number in range(600):
        mailbox.folder("Posteingang").add(mail(number))
    changes, state, last = raw.sync()
    assert (len(changes), last) == (512, False)
    changes, _, last = raw.sync(state)
    assert (len(changes), last) == (91, True)


def test_states_that_do_not_hold_are_refused(server: ExchangeDouble, raw: RawExchange) -> None:
    server.state_size = 30_000
    state = raw.sync()[1]
    assert len(state) > 30_000
    sent = '<t:DistinguishedFolderId Id="sentitems"/>'
    for bad, folder in (("rubbish", sent), (state, sent), (state[:-400].swapcase(), sent)):
        with pytest.raises(AssertionError, match="ErrorInvalidSyncStateData"):
            raw.sync(bad, folder=folder)
    server.generation += 1
    with pytest.raises(AssertionError, match="ErrorInvalidSyncStateData"):
        raw.sync(state)
