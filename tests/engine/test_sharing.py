"""What a server's "too many connections" teaches, and for how long."""

from __future__ import annotations

from dataclasses import replace

from tui_migrate.engine.turns.ceilings import Ceilings
from tui_migrate.model import ImapServer, Migration, PopServer, Wanted

LESSON_SECONDS = 600.0
OLD, NEW = ImapServer("old", max_connections=10), ImapServer("new", max_connections=12)
MIGRATION = Migration(1, "Office", OLD, NEW, (), Wanted.RUN)


def test_the_strictest_limit_holds_whoever_sets_it() -> None:
    ceilings = Ceilings(LESSON_SECONDS)
    other = replace(MIGRATION, id=2, source=replace(OLD, max_connections=4))
    assert ceilings.limits([MIGRATION, other], 0.0) == {OLD.key: 4, NEW.key: 12}
    ceilings.learn(NEW.key, 8, 1, 100.0)
    assert ceilings.limits([MIGRATION, other], 101.0) == {OLD.key: 4, NEW.key: 8}
    assert ceilings.taught(101.0) == {NEW.key: 8}


def test_a_lesson_is_forgotten_in_time_and_never_stops_everything() -> None:
    ceilings = Ceilings(LESSON_SECONDS)
    ceilings.learn(NEW.key, 0, 1, 100.0)
    assert ceilings.limits([MIGRATION], 100.0)[NEW.key] == 1
    assert ceilings.limits([MIGRATION], 100.0 + LESSON_SECONDS)[NEW.key] == 12


def test_an_account_has_no_more_lanes_than_either_side_allows_or_its_mailbox() -> None:
    ceilings = Ceilings(LESSON_SECONDS)
    migration = replace(MIGRATION, source=replace(OLD, account_connections=5), destination=NEW)
    assert ceilings.lanes(1, migration, 0.0) == NEW.account_connections
    ceilings.learn_account(1, 2, 10.0)
    assert (ceilings.lanes(1, migration, 11.0), ceilings.lanes(2, migration, 11.0)) == (2, 3)
    assert ceilings.lanes(1, migration, 10.0 + LESSON_SECONDS) == 3


def test_a_pop_mailbox_has_one_connection() -> None:
    pop = replace(MIGRATION, source=PopServer(OLD.host))
    assert Ceilings(LESSON_SECONDS).lanes(1, pop, 0.0) == 1
