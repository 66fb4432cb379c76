"""`tui-migrate sign-in`: all that tokens need, tried before a migration, and a sign-in where somebody has to."""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import click

from tui_migrate.cli.frame import data_dir_option, errors_as_exit_codes, open_store, told
from tui_migrate.cli.output import say, show
from tui_migrate.loading import loading

if TYPE_CHECKING:
    from tui_migrate.model import Account, Migration, Secret
    from tui_migrate.service import Service
    from tui_migrate.service.sign_ins import Line, Step, Trying

GOOD, NOT_GOOD = 0, 1
_PASTE = "Or, where that browser is on another machine, paste here the address that it ends at, and press enter."
_OTHER = "That address does not belong to this sign-in: copy all of it, from http:// on."


@click.command(
    "sign-in", epilog="Ends with 0: all is right. 1: something is not. 2: bad input. 130: cancelled with Ctrl-C."
)
@click.argument("migration", metavar="PLAN")
@click.option("--account", help="Try it with this source user's mailboxes, in place of the first of the list.")
@click.option("--for-all", is_flag=True, help="Who signs in may open all mailboxes: one sign-in serves them.")
@click.option("--refresh-token", "asks", is_flag=True, help="Ask for one from elsewhere, in the place of a sign-in.")
@click.option("--again", is_flag=True, help="Sign in also where somebody has signed in already.")
@data_dir_option
@click.pass_obj
def sign_in(
    data_dir: Path | None,
    /,
    later_data_dir: Path | None,
    migration: str,
    account: str | None,
    for_all: bool,
    asks: bool,
    again: bool,
) -> None:
    """Sign in for PLAN, and try all that its tokens (OAuth) need; a migration's title or number will do too.

    Settings, the provider, the clock, a token, its scopes, and one mailbox that is opened with it. Where somebody has
    to sign in, it says where. A plan is stored by that, and not started. No mail is read.
    """
    with errors_as_exit_codes():
        with loading():
            service, found, mailbox = _found(migration, account, later_data_dir or data_dir)
        given = _refresh_token() if asks else None
        with loading():
            trying = service.sign_ins.begin(found.id, mailbox, for_all=for_all, again=again, refresh_token=given)
        if not trying.places:
            from tui_migrate.errors import BadInput, Problem

            raise BadInput([Problem(found.title, "logs in with passwords: there is nobody to sign in")])
        sys.exit(carry_out(trying, found.title))


def _refresh_token() -> Secret:
    """What somebody types or pastes; not shown. From a pipe it is read as it comes."""
    from tui_migrate.model import Secret

    return Secret(click.prompt("Refresh token", hide_input=sys.stdin.isatty(), err=True).strip())


def _found(name: str, user: str | None, data_dir: Path | None) -> tuple[Service, Migration, Account | None]:
    """The migration of this plan, title or number, and the account to try it with. Raises BadInput."""
    from tui_migrate.cli.chosen import chosen

    if Path(name).is_file():
        from tui_migrate.service import open_for

        service, plan = open_for(Path(name), data_dir)
        told(service)
        name = str(service.plans.save(plan)[0])
    else:
        service = open_store(data_dir)
    ((migration, some),) = chosen(service, name, [user] if user else ())
    return service, migration, some[0] if some else None


def carry_out(trying: Trying, title: str) -> int:
    """Try, show each line as it comes, and return the exit code."""
    from tui_migrate.service.sign_ins import Begun, Line, ToEnter, ToOpen

    steps: SimpleQueue[Step | bool | BaseException] = SimpleQueue()

    def run() -> None:
        try:
            steps.put(trying.run(steps.put))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            steps.put(error)

    threading.Thread(target=run, name="sign-in", daemon=True).start()
    live, side, reads = sys.stderr.isatty(), "", False
    say(title)
    try:
        while not isinstance(step := steps.get(), bool):
            if live:
                show("", err=True)
            match step:
                case BaseException():
                    raise step
                case Begun():
                    if step.side != side:
                        side = step.side
                        say(f"  {side.capitalize()}: {trying.places[side]}")
                    if live:
                        show(f"    … {step.item}", err=True)
                case Line():
                    say(*_lines(step))
                case ToEnter():
                    say("", f"    Open this address in any browser:  {step.url}", f"    Enter this code:  {step.code}")
                    say(_patience(step.good_for), "")
                case ToOpen():
                    say("", "    Open this address in a browser, and sign in:", "", step.url, "", f"    {_PASTE}")
                    say(_patience(step.good_for), "")
                    if not reads:
                        reads = True
                        threading.Thread(target=_take, args=(trying,), name="paste", daemon=True).start()
    except KeyboardInterrupt:
        trying.stop()
        say("", "Cancelled.", err=True)
        raise
    return GOOD if step else NOT_GOOD


def _patience(seconds: float) -> str:
    return f"    Waiting for that, for {seconds / 60:.0f} minutes at most; Ctrl-C cancels."


def _lines(line: Line) -> Iterator[str]:
    from tui_migrate.model import Verdict

    mark = {Verdict.PASSED: "✔", Verdict.WARNED: "▲", Verdict.FAILED: "✖", Verdict.UNKNOWN: "-"}[line.verdict]
    yield f"    {mark} {line.item}: {line.sentence}"
    if line.server_words:
        yield f"        {line.said}: {line.server_words}"
    if line.advice:
        yield f"        {line.advice}"


def _take(trying: Trying) -> None:
    """Hand over each address that is pasted."""
    for address in _typed():
        if address.strip() and not trying.paste(address):
            say(f"    {_OTHER}", err=True)


def _typed() -> Iterator[str]:
    """Lines of the standard input. Not through Python's own buffer: a thread that waits in it holds a lock that the end
    of the program would wait for."""
    try:
        number = sys.stdin.fileno()
    except (io.UnsupportedOperation, AttributeError, ValueError):
        return
    rest = b""
    while octets := os.read(number, 1 << 16):
        *whole, rest = (rest + octets).split(b"\n")
        yield from (each.decode("utf-8", "replace") for each in whole)
