"""`tui-migrate from USER@OLD to USER@NEW`: one mailbox, of which nothing is known but its two addresses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_migrate.cli.frame import BAD_INPUT, STOPPED, data_dir_option, debug_option, errors_as_exit_codes, open_store
from tui_migrate.cli.output import say, say_all
from tui_migrate.loading import loading

if TYPE_CHECKING:
    from tui_migrate.config.plan import Plan
    from tui_migrate.model import NetworkServer, Secret, Side
    from tui_migrate.model.discovery import Discovery, Found
    from tui_migrate.service import Service

_TRIES = 3
"""Of a password."""
_NOTHING = "no server was found: neither the DNS nor autoconfig nor a usual name leads to one that can be used."
_BY_HAND = "Nothing was started. Where the servers have other names, write a plan, or use the dashboard's form."


@click.command("from")
@click.argument("source", metavar="USER@OLD")
@click.argument("word", metavar="to", type=click.Choice(["to"]))
@click.argument("destination", metavar="USER@NEW")
@click.option("--proxy", default="", metavar="URL", help="To both servers: socks5://host:port, or http://host:port.")
@click.option("--ca-file", default="", type=click.Path(), help="A private authority that signs the certificates.")
@click.option("--client-id", default="", help="Of your app at Microsoft (docs/oauth.md), to sign in with a code.")
@click.option("--strict", is_flag=True, help="Also end with 1 for what is not as it was (tui-migrate remarks).")
@debug_option
@data_dir_option
@click.pass_obj
def first(
    data_dir: Path | None,
    /,
    later_data_dir: Path | None,
    source: str,
    word: str,
    destination: str,
    proxy: str,
    ca_file: str,
    client_id: str,
    strict: bool,
    debug: bool,
) -> None:
    """Move one mailbox: find its servers, show them, ask for the passwords, and copy here in the foreground.

    No server is sent a password before you have seen where it goes. The same command goes on where it was.
    """
    from tui_migrate.errors import BadInput, Problem

    with errors_as_exit_codes():
        addresses = (source, destination)
        if wrong := [each for each in addresses if not all(each.rpartition("@"))]:
            raise BadInput([Problem(each, "is no mail address") for each in wrong])
        with loading():
            from tui_migrate.cli.foreground import carry_out, refuse_second

            service = open_store(later_data_dir or data_dir)
            discovery = service.discovery
        refuse_second(service)
        like = discovery.way(proxy, ca_file)
        try:
            chosen = _with_tokens(service, _chosen(service, addresses, like), client_id)
            passwords = _passwords(service, addresses, chosen)
        except click.Abort:  # the end of the answers, or Ctrl-C
            say("", "Nothing was started.", err=True)
            sys.exit(STOPPED)
        plan = discovery.plan(addresses, chosen, passwords)
        _sign_in(service, plan)
        sys.exit(carry_out(service, plan, strict=strict, debug=debug))


def _chosen(service: Service, addresses: tuple[str, str], like: NetworkServer) -> tuple[Found, Found]:
    """The servers that somebody has agreed to."""
    from concurrent.futures import ThreadPoolExecutor

    from tui_migrate.model import Side

    say(f"Looking for the servers of {' and of '.join(each.rpartition('@')[2] for each in addresses)} …")
    with ThreadPoolExecutor(len(addresses)) as pool:
        found = list(pool.map(partial(service.discovery.find, like=like), addresses, Side))
    for side, address, each in zip(Side, addresses, found, strict=True):
        say("", f"{side.capitalize()}, {address}")
        say_all(_lines(each))
    if not all(each.usable for each in found):
        say("", _BY_HAND, err=True)
        sys.exit(BAD_INPUT)
    say("")
    while True:
        answer = _ask("Go on with source 1 and destination 1? (enter: yes; 2 1: others; no)").casefold()
        if answer in ("n", "no"):
            raise click.Abort
        numbers = [1, 1] if answer in ("", "y", "yes") else [int(each) for each in answer.split() if each.isdecimal()]
        if len(numbers) == len(found) and all(
            0 < number <= len(each.usable) for number, each in zip(numbers, found, strict=True)
        ):
            source, destination = (each.usable[number - 1] for number, each in zip(numbers, found, strict=True))
            return source, destination


def _lines(discovery: Discovery) -> Iterator[str]:
    """What was found for one side, to choose from by number; then what cannot be used, and what could not be asked."""
    for number, each in enumerate(discovery.usable, 1):
        known = f"; {each.preset.name}" if each.preset else ""
        yield f"{number:3}  {_where(each)}"
        yield f"     found by {each.way}: {each.said_by}{known}"
    if not discovery.usable:
        yield f"  ✖  {_NOTHING}"
    for each in discovery.found:
        if each.refusal:
            yield f"  ✖  {_where(each)} ({each.way}: {each.said_by})"
            yield f"     {each.refusal}"
    for sentence in discovery.unheard:
        yield f"  ✖  {sentence}"


def _where(found: Found) -> str:
    from tui_migrate.model.servers import SECURITIES

    return f"{found.server.where}, {found.server.kind.label}, {SECURITIES.words[found.server.security]}"


def _with_tokens(service: Service, chosen: tuple[Found, Found], client_id: str) -> tuple[Found, Found]:
    """The servers, with how somebody signs in where no password opens a mailbox."""
    from tui_migrate.model import Side

    made = []
    for side, found in zip(Side, chosen, strict=True):
        known = found.preset
        if known is not None:
            say_all([f"{known.name}: {quirk}" for quirk in known.quirks])
        if known is not None and found.by_token:
            if not client_id:
                say(
                    f"{known.name} takes no passwords: somebody signs in, by an app that you have registered there.",
                    f"Give its --client-id, or write a plan with [{side}.oauth]. Nothing was started.",
                    err=True,
                )
                sys.exit(BAD_INPUT)
            found = service.discovery.by_code(found, client_id)
        made.append(found)
    source, destination = made
    return source, destination


def _passwords(
    service: Service, addresses: tuple[str, str], chosen: tuple[Found, Found]
) -> tuple[Secret, Secret | None]:
    """The passwords that the two servers have accepted; none for one where somebody signs in."""
    from tui_migrate.model import Secret, Side

    source = destination = None
    if not chosen[0].by_token:
        source = _proven(service, Side.SOURCE, addresses[0], chosen[0])
    if not chosen[1].by_token:
        destination = _proven(service, Side.DESTINATION, addresses[1], chosen[1], source)
    return source or Secret(""), None if destination == source else destination


def _sign_in(service: Service, plan: Plan) -> None:
    """Have somebody sign in where that is needed, and see that it opens the mailboxes."""
    if all(server.token is None for server in (plan.migration.source, plan.migration.destination)):
        return
    from tui_migrate.cli import signing_in

    with loading():
        trying = service.sign_ins.begin(service.plans.save(plan)[0])
    if code := signing_in.carry_out(trying, plan.migration.title):
        sys.exit(code)


def _proven(service: Service, side: Side, address: str, found: Found, usual: Secret | None = None) -> Secret:
    """A password that the server has accepted. `usual`: what an empty answer means."""
    from tui_migrate.errors import LoginRefused
    from tui_migrate.model import Secret
    from tui_migrate.model.discovery import WayIn

    app = found.preset is not None and found.preset.ways_in[:1] == (WayIn.APP_PASSWORD,)
    word = "App password" if app else "Password"
    hint = " (enter: the same)" if usual else ""
    for _ in range(_TRIES):
        answer = _ask(f"{word} of {found.user(address)} at {found.server.host}{hint}", secret=True)
        password = Secret(answer) if answer else usual
        if password is None:
            continue
        try:
            service.discovery.prove(side, found, address, password)
        except LoginRefused as error:
            say(error.sentence, err=True)
            if error.server_words:
                say(f"  {error.server_words}", err=True)
        else:
            return password
    raise click.Abort


def _ask(question: str, *, secret: bool = False) -> str:
    """An answer, in one line. A secret one is not shown; from a pipe it is read as it comes."""
    answer: str = click.prompt(question, default="", show_default=False, hide_input=secret and sys.stdin.isatty())
    return answer if secret else answer.strip()
