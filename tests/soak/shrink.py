"""Makes a scenario that fails smaller, as long as it fails: fewer phases, faults, kills, folders, letters. Greedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from tests.soak.scenario import Filled, Phase, Scenario, Side

T = TypeVar("T")


def shrink(scenario: Scenario, fails: Callable[[Scenario], bool], most: int = 300) -> Scenario:
    """The smallest that was found in so many tries. `fails` plays one."""
    tries = 0
    while True:
        for smaller in _smaller(scenario):
            tries += 1
            if tries > most:
                return scenario
            if fails(smaller):
                scenario = smaller
                break
        else:
            return scenario


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    """The great steps first."""
    for phases in _without(scenario.phases):
        if phases:
            yield replace(scenario, phases=phases)
    for boxes in _without(scenario.boxes):
        if boxes:
            yield replace(scenario, boxes=boxes)
    for number, phase in enumerate(scenario.phases):
        for smaller in _smaller_phase(phase):
            yield replace(scenario, phases=_with(scenario.phases, number, smaller))
    for source in _smaller_side(scenario.source):
        yield replace(scenario, source=source)
    for destination in _smaller_side(scenario.destination):
        yield replace(scenario, destination=destination)
    for changes in ({"lanes": 1}, {"portion": 500}, {"there": ()}):
        if any(getattr(scenario, name) != value for name, value in changes.items()):
            yield replace(scenario, **changes)
    for number, box in enumerate(scenario.boxes):
        for folders in _smaller_box(box):
            yield replace(scenario, boxes=_with(scenario.boxes, number, folders))
    for there in _smaller_box(scenario.there):
        yield replace(scenario, there=there)


def _smaller_phase(phase: Phase) -> Iterator[Phase]:
    yield from (replace(phase, before=fewer) for fewer in _without(phase.before))
    yield from (replace(phase, source=fewer) for fewer in _without(phase.source))
    yield from (replace(phase, destination=fewer) for fewer in _without(phase.destination))
    yield from (replace(phase, kills=fewer) for fewer in _without(phase.kills))
    if phase.largest:
        yield replace(phase, largest=0)
    for number, change in enumerate(phase.before):
        if change.name == "letters":
            for letters in _without(change.arguments[2:]):
                smaller = replace(change, arguments=(*change.arguments[:2], *letters))
                yield replace(phase, before=_with(phase.before, number, smaller))


def _smaller_side(side: Side) -> Iterator[Side]:
    usual = Side(quirks=side.quirks)
    if side != usual and ";" not in side.capabilities:
        yield usual
    for quirks in _without(side.quirks):
        yield replace(side, quirks=quirks)


def _smaller_box(box: tuple[Filled, ...]) -> Iterator[tuple[Filled, ...]]:
    for folders in _without(box):
        if folders:
            yield folders
    for number, folder in enumerate(box):
        for letters in _without(folder.letters):
            yield _with(box, number, replace(folder, letters=letters))


def _without(some: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    """Without all, without each half, without each one."""
    if some:
        yield ()
    if len(some) > 3:
        yield some[len(some) // 2 :]
        yield some[: len(some) // 2]
    if len(some) > 1:
        yield from (some[:number] + some[number + 1 :] for number in range(len(some)))


def _with(some: tuple[T, ...], number: int, one: T) -> tuple[T, ...]:
    return (*some[:number], one, *some[number + 1 :])
