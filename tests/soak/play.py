"""Plays a scenario: servers, runs of the real engine, kills; and what is found wrong with it."""

from __future__ import annotations

import base64
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.crash.older_store import back_up
from tests.engine.support import memory_disk, plain, write_plan
from tests.servers.mailbox import Mailbox
from tests.soak.changes import Ground, happen
from tests.soak.launcher import KILLED, PATIENCE, Engine, Launcher
from tests.soak.ledger import Ledger, fill
from tests.soak.oracle import TWICE, Oracle, Seen
from tests.soak.quirks import DESTINATION, NOTHING, POP, SOURCE, UNSAID, Cost, cost_of, faults_of, together
from tests.soak.rewriting import outlasting
from tests.soak.scenario import Kill, Phase, Quirk, Scenario
from tests.soak.servers import Imap, Pop, Wire
from tui_migrate.model import AccountState
from tui_migrate.timing import Timing

_ARRIVES = b"Subject: meanwhile\r\nMessage-ID: <meanwhile@soak>\r\n\r\nit came in the middle of a run\r\n"


@dataclass(frozen=True)
class Finding:
    """What is wrong, and in which run."""

    run: str
    what: str

    def __str__(self) -> str:
        return f"{self.run}: {self.what}"


class Play:
    """One scenario in a folder of its own. `without`: a repair that is switched off."""

    def __init__(self, scenario: Scenario, launcher: Launcher, without: str = "") -> None:
        self._scenario = scenario
        self._launcher = launcher
        self._without = without
        self._folder = Path(tempfile.mkdtemp(prefix="soak-", dir=memory_disk()))
        self._secrets = [f"Pa55s-{scenario.seed}-w0rd", f"Pa55d-{scenario.seed}-w0rd"]
        self._sources = [Mailbox(user, self._secrets[0]) for user in "ab"[: len(scenario.boxes)]]
        side = scenario.destination
        self._target = Mailbox("new", self._secrets[1], delimiter=side.delimiter, prefix=side.prefix)
        rewrite = next((str(q.arguments[0]) for q in side.quirks if q.name == "rewrites"), "")
        self._ledger = Ledger(self._sources, self._target, rewrite)
        self._ground = Ground(self._ledger, self._folder / "data", self._folder / "backup")
        self._engine: Engine | None = None
        self._disturbed = False
        self._secret_found = False
        self.outputs: list[str] = []
        """What the runs have printed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    # What faults may do (see `World`)

    def kill(self) -> None:
        """The engine, with -9."""
        if self._engine is not None:
            self._engine.kill()

    def back_up(self) -> None:
        """The store, as it is now."""
        if not self._ground.backup.exists():
            back_up(self._ground.data, self._ground.backup)

    def stranger(self, mailbox: Mailbox) -> None:
        """A mail at the destination."""
        self._ground.stranger()

    def arrive(self, mailbox: Mailbox) -> None:
        """A mail at the source."""
        mailbox.folder("INBOX").add(_ARRIVES)
        self._ledger.note(running=True)
        self._disturbed = True

    def expunge(self, mailbox: Mailbox, folder: str, number: int) -> None:
        """A mail at the source is deleted."""
        found = mailbox.find(folder)
        if found is not None and found.messages:
            found.remove(found.messages[number % len(found.messages)].uid)
            self._disturbed = True

    def renumber(self, mailbox: Mailbox, folder: str) -> None:
        """A folder gets another UIDVALIDITY."""
        found = mailbox.find(folder)
        if found is not None:
            found.renumber()

    # The play

    def findings(self) -> list[Finding]:
        """Until the first run that has any."""
        scenario = self._scenario
        for mailbox, folders in zip(self._sources, scenario.boxes, strict=True):
            fill(mailbox, folders)
        fill(self._target, scenario.there, self._ledger.rewrite)
        self._ledger.named |= {*self._target.folders}
        source: Imap | Pop
        if scenario.pop:
            source = Pop(self._sources, capabilities=[each for each in scenario.source.capabilities.split(";") if each])
        else:
            source = Imap(self._sources, capabilities=scenario.source.capabilities)
        with ExitStack() as stack:
            stack.enter_context(source)
            target = stack.enter_context(Imap(self._target, capabilities=scenario.destination.capabilities))
            return next((found for found in self._runs(source, target) if found), [])

    def _runs(self, source: Imap | Pop, target: Imap) -> Iterator[list[Finding]]:
        scenario = self._scenario
        always = scenario.source.quirks, scenario.destination.quirks
        lasting = [faults_of(SOURCE, always[0], self), faults_of(DESTINATION, always[1], self)]
        costs = together(
            [cost_of(SOURCE, always[0]), cost_of(DESTINATION, always[1]), POP if scenario.pop else NOTHING]
        )
        oracle = Oracle(self._ledger, lambda name: _understood(target, name))
        seen: Seen | None = None
        failed: frozenset[str] = frozenset()
        for number, phase in enumerate(scenario.phases, 1):
            self._ground.renumbered.clear()
            for change in phase.before:
                happen(change, self._ground)
            self._ledger.new.clear()
            self._ledger.note()
            source.faults[:] = lasting[0] + faults_of(SOURCE, phase.source, self)
            target.faults[:] = lasting[1] + faults_of(DESTINATION, phase.destination, self)
            phase_cost = together([costs, cost_of(SOURCE, phase.source), cost_of(DESTINATION, phase.destination)])
            if phase_cost.pauses:  # what failed in the phase before it may not have been tried again
                phase_cost = replace(phase_cost, failures=phase_cost.failures | failed)
            failed = phase_cost.failures
            costs = together([costs, replace(phase_cost, failures=frozenset(), flags=False, pauses=False)])
            self._disturbed = False
            code, found = self._to_the_end(f"phase {number}", phase, source, target)
            if found:
                yield found
                return
            seen = Seen.of(code, self._ground.data)
            quiet = not self._disturbed and not phase.largest
            judged = oracle.judge(seen, self._standing(phase_cost), phase.largest, quiet=quiet)
            yield [Finding(f"phase {number}", each) for each in judged]
        assert seen is not None
        yield from self._well(source, target, oracle, seen, costs)

    def _well(
        self, source: Imap | Pop, target: Imap, oracle: Oracle, seen: Seen, costs: Cost
    ) -> Iterator[list[Finding]]:
        """Both servers are mended: what they have refused for good is taken, what is twice there was deleted."""
        always = self._scenario.source.quirks, self._scenario.destination.quirks
        mended = [
            tuple(q for q in quirks if q.name == "names" or not table[q.name].cost.failures)  # names stay what they are
            for table, quirks in ((SOURCE, always[0]), (DESTINATION, always[1]))
        ]
        source.faults[:] = faults_of(SOURCE, mended[0], self)
        target.faults[:] = faults_of(DESTINATION, mended[1], self)
        oracle.delete_twins(seen)
        self._ledger.new.clear()
        stays = cost_of(SOURCE, mended[0]).failures | cost_of(DESTINATION, mended[1]).failures
        cost = self._standing(replace(costs, failures=stays, pauses=False))
        paused = any(
            account.state not in (AccountState.DONE, AccountState.DONE_WITH_FAILURES) for account in seen.accounts
        )
        last = self._scenario.phases[-1]
        calm = not (last.source or last.destination or last.kills or last.largest) and not seen.code
        # Of what was sent in two passes into a folder that contradicts itself nobody can say in which it came.
        countable = all(quirk.name != "wrong uids" for quirk in always[1])
        for name in ("once more",) if calm else ("all is well", "once more"):
            lacking, before = oracle.lacking(seen), self._ledger.size()
            code, found = self._to_the_end(name, Phase(), source, target)
            if found:
                yield found
                return
            seen = Seen.of(code, self._ground.data)
            judged = oracle.judge(seen, cost)
            copied, more = sum(account.counts.copied for account in seen.accounts), self._ledger.size() - before
            if copied != more and not paused and countable:
                judged.append(f"{copied} are said to be copied, {more} have come")
            if more > lacking:
                judged.append(f"{more} have come, {lacking} were missing")
            if name == "once more" and copied:
                judged.append(f"{copied} copied by a run that had nothing to do")
            stale = bool(seen.failures) and all((f.account, f.folder) in oracle.gone(seen) for f in seen.failures)
            if code and not self._ground.replaced and not stays and not stale:
                judged.append(f"exit code {code}, and nothing is wrong any more")
            paused = False
            yield [Finding(name, each) for each in judged]
            if not copied:
                return  # one more would be the same

    def _standing(self, cost: Cost) -> Cost:
        """With what stays until the admin has his say, and what cannot be told in this scenario."""
        phases = self._scenario.phases
        loses = any(_loses(phase) for phase in phases)
        ends = loses or any(phase.kills or phase.source or phase.destination for phase in phases)
        ends = ends or any(quirk.name == "wrong uids" for quirk in self._scenario.destination.quirks)
        unsaid = bool(cost.remarks & UNSAID) and ends
        return together(
            [
                cost,
                Cost(failures=frozenset({"folder was replaced"})) if self._ground.replaced else NOTHING,
                Cost(failures=frozenset({TWICE})) if ends and self._hard_to_tell() else NOTHING,
                Cost(flags=unsaid or (loses and self._ground.flags_changed), dates=unsaid),
            ]
        )

    def _hard_to_tell(self) -> bool:
        """True where messages differ in nothing that outlasts this destination's rewriting, and are not one: which of
        them has arrived nobody can say, so that one that has is sent again, and named."""
        if all(quirk.name != "rewrites" for quirk in self._scenario.destination.quirks):
            return False
        letters = {letter.octets for box in self._scenario.boxes for filled in box for letter in filled.letters}
        return len({outlasting(octets) for octets in letters}) < len(letters)

    def _to_the_end(self, name: str, phase: Phase, source: Imap | Pop, target: Imap) -> tuple[int, list[Finding]]:
        """Runs, until one is not killed. Returns: its exit code, and what is wrong with the runs as such."""
        kills: list[Kill | None] = [*phase.kills, None]
        for kill in [*kills, *[None] * 4]:
            code, found = self._run(name, phase, kill, source, target)
            self._ledger.note(running=True)
            if found or code != KILLED:
                return code, found
        return code, [Finding(name, "killed again and again")]

    def _run(
        self, name: str, phase: Phase, kill: Kill | None, source: Imap | Pop, target: Imap
    ) -> tuple[int, list[Finding]]:
        struck = None if kill is None else target if kill.destination else source
        source.wire = target.wire = None
        if kill is not None and struck is not None:
            struck.wire = Wire(kill.octets, self.kill)
        output = self._folder / "output"
        plan = self._plan(source, target, phase)
        with_lanes = self._scenario.lanes > 1
        engine = self._engine = self._launcher.start(
            plan, self._ground.data, output, self._timing(), lanes=with_lanes, without=self._without
        )
        in_time = engine.wait(PATIENCE)
        self._engine = None
        code = self._launcher.ended()
        engine.close()
        for server in (source, target):
            server.await_quiet()
        text = output.read_text(errors="replace")
        self.outputs.append(f"{name}: exit code {code}\n{text}")
        if not in_time:
            return code, [Finding(name, f"hangs\n{text}")]
        if code not in (0, 1, KILLED):
            return code, [Finding(name, f"exit code {code}\n{text[-3000:]}")]
        return code, [Finding(name, f"a secret in {place}") for place in self._leaks(output)]

    def _plan(self, source: Imap | Pop, target: Imap, phase: Phase) -> Path:
        lanes = {"account_connections": self._scenario.lanes}
        at_source: dict[str, object] = {"protocol": "pop"} if self._scenario.pop else {**lanes}
        rows = [
            {
                "Source": mailbox.user,
                "Password": mailbox.password,
                "Destination": "new",
                "Destination Password": self._secrets[1],
            }
            for mailbox in self._sources
        ]
        keys = plain(source.port, **at_source), plain(target.port, **lanes)
        path = write_plan(self._folder, *keys, rows)
        if phase.largest:
            text = path.read_text().replace("[migration]\n", f'[migration]\nmax_message_size = "{phase.largest}"\n')
            path.write_text(text)
        return path

    def _timing(self) -> Timing:
        scenario = self._scenario
        return Timing(
            stall=scenario.stall,
            stall_again=scenario.stall,
            goodbye=1.0,
            settle=0.02,
            longest_settle=0.5,
            late=scenario.late,
            tick=0.01 if scenario.lanes > 1 else 0.1,
            save=0.2,
            poll=0.02,
            longest_wait=0.05,
            longest_throttle=0.05,
            throttle_first=0.01,
            portion_messages=scenario.portion,
            ahead_at_first=scenario.portion * 2,
            lane_trial=0.0,
        )

    def _leaks(self, output: Path) -> Iterator[str]:
        forms = [form for secret in self._secrets for form in _forms(secret)]
        for path in [output, *(each for each in self._ground.data.rglob("*") if each.is_file())]:
            octets = path.read_bytes()
            if any(form in octets for form in forms):
                yield path.name


def _forms(secret: str) -> Iterator[bytes]:
    """As it is, and inside base64 at any offset."""
    yield secret.encode()
    for offset in range(3):
        yield base64.b64encode(b"\0" * offset + secret.encode())[4:-4]


def _loses(phase: Phase) -> bool:
    return any(change.name in ("forget", "restore") for change in phase.before)


def _understood(server: Imap, name: str) -> str:
    for fault in server.faults:
        name = fault.named(name)
    return name


def quirk(name: str, *arguments: object) -> Quirk:
    """For tests."""
    return Quirk(name, arguments)  # type: ignore[arg-type]
