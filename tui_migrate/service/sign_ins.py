"""Signing in for tokens (OAuth 2.0), and trying all that must be right for them before a migration: settings, the
authorization server, the clock, a token, its scopes, and the mailbox that it is to open.

`Trying.run` blocks for as long as servers and people take; what comes of each line is told as it comes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from tui_migrate.errors import MailError, Outlook, SignInNeeded
from tui_migrate.mail.behaviour import behaviour_of
from tui_migrate.mail.oauth import trying
from tui_migrate.mail.oauth.asking import asking
from tui_migrate.mail.oauth.signing_in import SigningIn, ToEnter, ToOpen
from tui_migrate.mail.prove import open_inbox
from tui_migrate.mail.smtp import open_smtp
from tui_migrate.mail.token import TOKENS, Granted
from tui_migrate.model import Account, Login, Migration, NetworkServer, Secret, Side, TokenLogin, Verdict, Wanted
from tui_migrate.model.tokens import Provider
from tui_migrate.printable import plural
from tui_migrate.service.engine import Engine
from tui_migrate.service.mailboxes import Mailboxes
from tui_migrate.service.open_store import OpenStore
from tui_migrate.store import accounts, events, grants, looks, migrations

__all__ = ["Begun", "Item", "Line", "SignIns", "ToEnter", "ToOpen", "Trying"]


StoredGrants = grants.StoredGrants


class Item(StrEnum):
    """What is looked at on a side, in this order."""

    SETTINGS = "settings"
    SERVER = "provider"
    CLOCK = "clock"
    TOKEN = "token"
    SCOPES = "scopes"
    MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True)
class Begun:
    """An item that is being looked at."""

    side: str
    item: str


@dataclass(frozen=True, slots=True)
class Line:
    """What has come of one item."""

    side: str
    """Source, destination or mail."""
    item: str
    """An `Item`, or the way in which a password is tried."""
    verdict: Verdict
    sentence: str
    said: str = ""
    """Whose the words are, before a colon."""
    server_words: str = ""
    advice: str = ""


Step = Begun | Line | ToEnter | ToOpen
Told = Callable[[Step], object]
_NOT_TRIED = "not tried: what stands above comes first"
_SET_CLOCK = (
    "Set the clock of this machine, best by NTP: where it differs by more than 5 minutes, what is signed here is "
    "refused."
)
_CONSENT = "Add the scope to what the app may ask for, have it consented to, and sign in again."


@dataclass(frozen=True, slots=True)
class _End:
    """One side whose logins are tokens, and the mailbox that it is tried with."""

    side: str
    server: NetworkServer
    login: Login
    grants: StoredGrants | None
    """None where nobody has to sign in."""
    open: Callable[[Login], str]
    """Log in, and say what was seen. Raises MailError."""
    ways: tuple[str, ...] = ()
    """In which a password is tried; empty: it logs in with tokens."""

    @property
    def items(self) -> tuple[str, ...]:
        """What is looked at."""
        return self.ways or tuple(Item)


class SignIns:
    """Tokens of the migrations in an open store."""

    def __init__(self, store: OpenStore, engine: Engine, mailboxes: Mailboxes) -> None:
        self._store = store
        self._engine = engine
        self._slots = mailboxes.slots

    def begin(
        self,
        migration_id: int,
        account: Account | None = None,
        *,
        for_all: bool = False,
        again: bool = False,
        refresh_token: Secret | None = None,
    ) -> Trying:
        """All sides that log in with tokens, to be tried with the mailboxes of this account, else of the first.
        `for_all`: who signs in may open all mailboxes, and his grant serves them; `again`: somebody signs in also where
        somebody has; `refresh_token`: from elsewhere, in the place of the first sign-in. Raises NotFound."""
        with self._store.read() as connection:
            migration = migrations.get(connection, migration_id, self._store.vault)
            if account is None and (first := looks.accounts.lines(connection, migration_id, 1)):
                account = accounts.get(connection, first[0].id)
        ends, keep = list(self._ends(migration, account)), self._signed_in(migration_id)
        return Trying(ends, keep, for_all=for_all, again=again, refresh_token=refresh_token)

    def _ends(self, migration: Migration, account: Account | None) -> Iterator[_End]:
        vault, database = self._store.vault, self._store.database
        users = (account.source_user, account.destination_user) if account else ("", "")
        for side, user in zip(Side, users, strict=True):
            server = migration.server(side)
            if server.kind.traits.password_ways and server.token is None and account is not None:
                assert isinstance(server, NetworkServer)
                with self._store.read() as connection:
                    login = accounts.logins(connection, account.id, migration, vault)[side is Side.DESTINATION]
                yield _End(side, server, login, None, _nobody, server.kind.traits.password_ways)
            elif server.token is not None and isinstance(server, NetworkServer):
                mine = grants.of(server, side, migration.id, database, vault)
                login = replace(server.login(user, Secret("")), grants=mine)
                yield _End(side, server, login, mine, self._opened(side, server) if account else _nobody)
        if (mail := migration.notices) is not None and mail.token is not None:
            server = mail.server
            mine = grants.of(server, grants.MAIL, migration.id, database, vault)

            def submit(login: Login) -> str:
                with open_smtp(mail, mine):
                    return f"{server.host} accepts the token of {mail.user}"

            yield _End(grants.MAIL, server, Login(mail.user, Secret(""), token=mail.token, grants=mine), mine, submit)

    def _opened(self, side: Side, server: NetworkServer) -> Callable[[Login], str]:
        def opened(login: Login) -> str:
            with self._slots.hold(server):
                number = open_inbox(side, server, login)
            return f"{login.user} is open at {server.host}: {plural(number, 'message')} in INBOX"

        return opened

    def _signed_in(self, migration_id: int) -> Callable[[_End, str, Secret], None]:
        """Keeps what somebody has allowed; what waited for it goes on."""

        def keep(end: _End, owner: str, refresh_token: Secret) -> None:
            from tui_migrate.engine.failures import LOGINS

            assert end.grants is not None
            end.grants.put(owner, refresh_token)
            with self._store.write() as connection:
                what = f"signed in for {owner or 'all mailboxes'}, {_place(end)}"
                events.add(connection, self._store.who, what, migration_id=migration_id)
                known = accounts.listing(connection, migration_id) if end.side != grants.MAIL else []
                held = [each.id for each in known if each.needs_admin and owner in ("", _user(end.side, each))]
                again = sorted(events.with_failures(connection, held, LOGINS))
                accounts.ask_again(connection, again)
                runs = migrations.wanted(connection, migration_id) is Wanted.RUN
            if again and runs:
                self._engine.ensure_running()

        return keep


class Trying:
    """One walk through the list. `run` blocks; `stop` and `paste` come from any thread."""

    def __init__(
        self,
        ends: list[_End],
        keep: Callable[[_End, str, Secret], None],
        *,
        for_all: bool,
        again: bool,
        refresh_token: Secret | None = None,
    ) -> None:
        self._ends = ends
        self._keep = keep
        self._for_all = for_all
        self._again = again
        self._refresh_token = refresh_token
        self._stopped = threading.Event()
        self._signing_in: SigningIn | None = None

    @property
    def places(self) -> dict[str, str]:
        """The sides that are tried, each with where its mailboxes are, and whose is tried."""
        return {each.side: f"{each.login.user or 'no account yet'} at {each.server.host}" for each in self._ends}

    @property
    def items(self) -> dict[str, tuple[str, ...]]:
        """What is looked at on each side, in order."""
        return {each.side: each.items for each in self._ends}

    def stop(self) -> None:
        """Nobody wants it any more: what is under way is told no more."""
        self._stopped.set()
        if self._signing_in is not None:
            self._signing_in.stop()

    def paste(self, address: str) -> bool:
        """Take the address that a browser ended at. False where it does not belong to a sign-in that is waited for."""
        return self._signing_in is not None and self._signing_in.paste(address)

    def run(self, told: Told) -> bool:
        """Try all. True where nothing has failed. Raises StoreUnusable, NotFound."""
        good = True
        for end in self._ends:
            for step in self._tried(end, told):
                if self._stopped.is_set():
                    return False
                told(step)
                good = good and not (isinstance(step, Line) and step.verdict in (Verdict.FAILED, Verdict.UNKNOWN))
        return good

    def _tried(self, end: _End, told: Told) -> Iterator[Begun | Line]:
        failed, again = False, self._again or self._refresh_token is not None
        looks = _ways(end) if end.ways else _Looks(end, lambda: self._sign_in(end, told), again=again).items()
        for item, look in looks:
            if failed:
                yield Line(end.side, item, Verdict.UNKNOWN, _NOT_TRIED)
                continue
            yield Begun(end.side, item)
            try:
                verdict, sentence, advice = look()
                yield Line(end.side, item, verdict, sentence, advice=advice)
            except MailError as error:
                failed = True
                words = (error.said, error.server_words) if error.server_words else ("", "")
                yield Line(end.side, item, Verdict.FAILED, error.sentence, *words, error.advise(Outlook.SEEN))

    def _sign_in(self, end: _End, told: Told) -> Granted:
        """Somebody signs in. Raises MailError."""
        token, user = end.login.token, "" if self._for_all and end.side != grants.MAIL else end.login.user
        assert token is not None
        if not (user or self._for_all):
            raise SignInNeeded("There is no account yet for whose mailbox somebody could sign in.")
        self._signing_in = SigningIn(token, end.server, user, told)
        given, self._refresh_token = self._refresh_token, None
        try:
            if given is not None:
                return self._signing_in.take(given, lambda fresh: self._keep(end, user, fresh)).granted
            if self._stopped.is_set():
                self._signing_in.stop()
            fresh = self._signing_in.run(lambda refresh_token: self._keep(end, user, refresh_token))
        finally:
            self._signing_in = None
        if fresh is None:
            raise SignInNeeded("The sign-in was cancelled.")
        return fresh.granted


Found = tuple[Verdict, str, str]
"""Verdict, sentence, advice."""


class _Looks:
    """What is looked at on a side, and what one look leaves to the next."""

    def __init__(self, end: _End, sign_in: Callable[[], Granted], *, again: bool) -> None:
        self._end = end
        self._sign_in = sign_in
        self._again = again
        self._reached: trying.Reached | None = None
        self._given = ""
        """Scopes, as whoever gave the token says."""

    def items(self) -> Iterator[tuple[Item, Callable[[], Found]]]:
        """All that says something of this provider."""
        by_command = self._token.provider is Provider.COMMAND
        yield Item.SETTINGS, self._settings
        if not by_command:
            yield Item.SERVER, self._server
            yield Item.CLOCK, self._clock
        yield Item.TOKEN, self._ask
        if not by_command:
            yield Item.SCOPES, self._scopes
        yield Item.MAILBOX, self._mailbox

    @property
    def _token(self) -> TokenLogin:
        assert self._end.login.token is not None
        return self._end.login.token

    def _settings(self) -> Found:
        return Verdict.PASSED, f"complete: {trying.understood(self._end.login, self._end.server)}", ""

    def _server(self) -> Found:
        self._reached = trying.reach(self._token, self._end.server)
        return Verdict.PASSED, f"{self._reached.host} is reached, and its certificate is good", ""

    def _clock(self) -> Found:
        assert self._reached is not None
        host, ahead = self._reached.host, self._reached.ahead
        if ahead is None:
            return Verdict.WARNED, f"{host} does not tell the time, so the clock of this machine is not compared", ""
        seconds, which = abs(ahead), "ahead of" if ahead > 0 else "behind"
        if seconds > trying.CLOCK_SECONDS:
            sentence = f"the clock of this machine is {seconds / 60:,.0f} minutes {which} that of {host}"
            return Verdict.FAILED, sentence, _SET_CLOCK
        return Verdict.PASSED, f"as that of {host}, to {max(1, round(seconds))} s", ""

    def _ask(self) -> Found:
        end = self._end
        if end.grants is not None and self._again:
            return self._allowed(self._sign_in())
        try:
            granted = TOKENS.renew(asking(end.login, end.server))
        except SignInNeeded:
            if end.grants is None:
                raise
            return self._allowed(self._sign_in())
        self._given = granted.scope
        return Verdict.PASSED, f"given, {_good_for(granted)}", ""

    def _allowed(self, granted: Granted) -> Found:
        self._given = granted.scope
        return Verdict.PASSED, f"somebody has signed in, and a token was given, {_good_for(granted)}", ""

    def _scopes(self) -> Found:
        wanted = trying.asked(self._token, self._end.server)
        if missing := trying.withheld(wanted, self._given):
            return Verdict.FAILED, f"asked for and not given: {', '.join(missing)}", _CONSENT
        return Verdict.PASSED, f"as asked for: {wanted}" if wanted else "none was asked for", ""

    def _mailbox(self) -> Found:
        return Verdict.PASSED, self._end.open(self._end.login), ""


def _ways(end: _End) -> Iterator[tuple[str, Callable[[], Found]]]:
    """Each way in which a password may log in. Behind a refusal no other is tried: the account might be locked."""

    def tried(way: str) -> Found:
        if why_not := behaviour_of(end.server.kind).try_way(end.server, end.login, way):
            return Verdict.WARNED, why_not, ""
        by = f" to {end.login.admin.user}, who impersonates" if end.login.admin else ""
        return Verdict.PASSED, f"opens the mailbox of {end.login.user}{by}", ""

    for way in end.ways:
        yield way, partial(tried, way)


def _good_for(granted: Granted) -> str:
    return "until nobody knows when" if granted.good_for is None else f"good for {granted.good_for / 60:,.0f} minutes"


def _nobody(login: Login) -> str:
    raise SignInNeeded("There is no account yet whose mailbox could be opened.")


def _user(side: str, account: Account) -> str:
    return account.source_user if side == Side.SOURCE else account.destination_user


def _place(end: _End) -> str:
    return "mail to users" if end.side == grants.MAIL else f"at the {end.side}"
