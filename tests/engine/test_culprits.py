"""Who has ended connections is isolated first and given up later; patience with the others does not suffer from it."""

from __future__ import annotations

import pytest

from tui_migrate.engine.copying.attempts import Attempts, RunState
from tui_migrate.engine.copying.contradictions import Contradictions, Renumbered
from tui_migrate.engine.copying.culprits import Culprits
from tui_migrate.errors import CannotConnect, Disconnected, FolderEndsConnections, MessageEndsConnections, Stalled
from tui_migrate.model import Wait
from tui_migrate.timing import Timing

MESSAGE, OTHER, FOLDER = (1, 5), (1, 6), (1, 0)
CUT = Disconnected("It ended.", server_words="BYE")


@pytest.fixture
def culprits() -> Culprits:
    return Culprits(Timing(unread_after=3, unopened_after=2, alone_after=2, give_up_after=3, isolated_at_once=4))


def test_a_message_that_ends_each_connection_to_the_source_is_given_up(culprits: Culprits) -> None:
    for times in (1, 2):
        assert culprits.ended_at(MESSAGE, CUT)
        assert (culprits.times(MESSAGE), MESSAGE in culprits.given_up) == (times, False)
    assert culprits.ended_at(MESSAGE, CUT)
    assert isinstance(culprits.given_up[MESSAGE], MessageEndsConnections)
    assert culprits.given_up[MESSAGE].server_words == "BYE"
    assert culprits.times(OTHER) == 0


def test_a_message_that_has_come_is_no_suspect_any_more(culprits: Culprits) -> None:
    culprits.ended_at(MESSAGE, CUT)
    culprits.read(MESSAGE)
    culprits.read(OTHER)
    assert culprits.times(MESSAGE) == 0


def test_a_server_that_ends_every_connection_at_a_folder_is_given_time(culprits: Culprits) -> None:
    assert not culprits.ended_at(FOLDER, CUT)
    assert culprits.ended_at(FOLDER, CUT)
    assert isinstance(culprits.given_up[FOLDER], FolderEndsConnections)


def test_one_message_after_the_other_is_no_progress_for_long(culprits: Culprits) -> None:
    patient = [culprits.ended_at((1, uid), CUT) for uid in range(1, 7)]
    assert patient == [True] * 4 + [False] * 2
    culprits.progressed()
    assert culprits.ended_at((1, 9), CUT)


def test_only_a_source_that_has_stalled_is_waited_for_less(culprits: Culprits) -> None:
    culprits.ended_at(MESSAGE, CUT)
    assert not culprits.source_stalls
    culprits.ended_at(MESSAGE, Stalled("Nothing came."))
    culprits.ended_at(MESSAGE, CUT)
    assert culprits.source_stalls


def test_a_message_at_which_the_destination_dies_is_sent_alone_and_then_not_at_all(culprits: Culprits) -> None:
    culprits.died_at([MESSAGE, OTHER], CUT)
    culprits.arrived([OTHER])
    culprits.died_at([MESSAGE, OTHER], CUT)
    assert (culprits.is_suspect(MESSAGE), culprits.is_suspect(OTHER)) == (True, False)
    culprits.died_at([MESSAGE], CUT)
    assert [*culprits.given_up] == [MESSAGE]


def test_alike_ends_are_counted_until_something_works() -> None:
    attempts = Attempts()
    assert [attempts.alike(each) for each in (CUT, CUT, CannotConnect("No."), CUT, CUT)] == [1, 2, 1, 1, 2]
    attempts.failed()
    attempts.progressed()
    assert (attempts.alike(CUT), attempts.tries) == (1, 0)


def test_what_is_rested_for_is_told_once_to_the_run_behind_it() -> None:
    attempts = Attempts()
    assert attempts.begin() is None
    attempts.connected()
    assert attempts.state is RunState.CONNECTED
    attempts.rest(Wait.PAUSED)
    rested = attempts.begin()
    assert rested is not None
    assert rested[0] is Wait.PAUSED
    assert (attempts.state, attempts.begin()) == (RunState.CONNECTING, None)


def test_a_destination_folder_is_opened_once_more_for_each_uidvalidity() -> None:
    contradictions = Contradictions()
    assert [contradictions.stored_twice(1, each) for each in (7, 7, 8, 8)] == [False, True, False, True]
    assert not contradictions.stored_twice(2, 7)
    assert [contradictions.opened_as(1, each) for each in (3, 4)] == [1, 2]
    assert contradictions.validities == {1: [3, 4]}
    assert contradictions.renumbered(1) is None
    contradictions.renumber(1, Renumbered.FOUND_OUT)
    assert contradictions.renumbered(1) is Renumbered.FOUND_OUT
