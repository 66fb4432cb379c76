"""Logging in with tokens (OAuth 2.0): who gives them, and to whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tui_migrate.model.clouds import CLOUD_WORDS
from tui_migrate.model.declared import Declaration, OneOf, Password, Program, Section, Text, declares, setting, settings
from tui_migrate.model.secret import Secret


class Provider(StrEnum):
    """Who gives access tokens."""

    COMMAND = "command"
    """A command of the admin's."""
    MICROSOFT = "microsoft"
    GOOGLE = "google"
    CUSTOM = "custom"


class SignIn(StrEnum):
    """Who has allowed it."""

    USUAL = ""
    """What is first with this provider."""
    APP = "app"
    """Nobody signs in: the app may open mailboxes by itself."""
    DEVICE = "device"
    """Somebody enters a code in a browser (RFC 8628)."""
    BROWSER = "browser"
    """Somebody signs in with a browser, which is sent back here (RFC 8252)."""


_HTTPS = r"https://[^\s/?#@]+(/[^\s#]*)?"
_HTTPS_RULE = "must be an address that begins with https://"


@declares
class TokenLogin:
    """OAuth 2.0 (RFC 6749) in place of passwords: a token logs in (OAUTHBEARER, RFC 7628, or XOAUTH2).

    What says something for a provider, and what must be given, stands in `ROUTES`."""

    command: str = setting(
        Program(),
        "Token command",
        "A command that prints the token of a mailbox on its first line; run without a shell, and again in time.",
        section=Section.LOGIN,
        default="",
        hint="prints the token of {user}",
        key="token_command",
        kw_only=False,
    )
    provider: Provider = setting(
        OneOf(
            {
                Provider.COMMAND: "a command",
                Provider.MICROSOFT: "Microsoft",
                Provider.GOOGLE: "Google",
                Provider.CUSTOM: "another",
            }
        ),
        "Tokens from",
        "Who gives the tokens: a command (token_command), microsoft, google, or custom for any other provider.",
        section=Section.LOGIN,
        default=Provider.COMMAND,
        since="0.2",
    )
    sign_in: SignIn = setting(
        OneOf(
            {
                SignIn.USUAL: "as usual",
                SignIn.APP: "nobody",
                SignIn.DEVICE: "by code",
                SignIn.BROWSER: "by browser",
            }
        ),
        "Who signs in",
        "app: nobody, the app may open all mailboxes; device, browser: a person, once, with `tui-migrate sign-in`.",
        section=Section.LOGIN,
        default=SignIn.USUAL,
        since="0.2",
    )
    client_id: str = setting(
        Text(),
        "Client id",
        "The id of the app that you have registered with the provider.",
        section=Section.LOGIN,
        default="",
        hint="of the app, as the provider shows it",
        since="0.2",
    )
    secret: Secret | None = setting(
        Password(whole=True),
        "Secret file",
        "A file, chmod 600, that is the app's secret, its key with certificate (PEM), or Google's JSON key.",
        section=Section.LOGIN,
        default=None,
        hint="a file with the secret, PEM, or JSON key",
        since="0.2",
    )
    tenant: str = setting(
        Text(pattern=r"[\w.-]+", rule="must be the tenant's id, or one of its domains"),
        "Tenant",
        "With microsoft: the tenant's id or one of its domains.",
        section=Section.LOGIN,
        default="",
        hint="such as example.onmicrosoft.com",
        since="0.2",
    )
    cloud: str = setting(
        OneOf(CLOUD_WORDS),
        "Cloud",
        "With microsoft: the cloud that the tenant is in (global, us-gov-high, us-dod, china).",
        section=Section.LOGIN,
        default="global",
        since="0.2",
    )
    token_url: str = setting(
        Text(pattern=_HTTPS, rule=_HTTPS_RULE),
        "Token address",
        "With custom: the provider's token endpoint (https://…).",
        section=Section.LOGIN,
        default="",
        hint="https://…",
        since="0.2",
    )
    authorization_url: str = setting(
        Text(pattern=_HTTPS, rule=_HTTPS_RULE),
        "Sign-in address",
        "With custom and browser: the provider's authorization endpoint (https://…).",
        section=Section.LOGIN,
        default="",
        hint="https://…",
        since="0.2",
    )
    scope: str = setting(
        Text(),
        "Scope",
        "With custom: what is asked for, as the provider calls it; several words with blanks between them.",
        section=Section.LOGIN,
        default="",
        since="0.2",
    )

    @property
    def route(self) -> Route | None:
        """How tokens come here; None where a provider has no such way."""
        return route(self.provider, self.sign_in)

    @property
    def by_person(self) -> bool:
        """True where somebody has to sign in before there is a token."""
        return self.route is not None and self.route.sign_in in (SignIn.DEVICE, SignIn.BROWSER)

    @property
    def bond(self) -> tuple[str, ...]:
        """All that must be as it was for a secret or a grant that was given for it to be used."""
        sign_in = self.route.sign_in if self.route else self.sign_in
        return self.provider, sign_in, self.client_id, self.tenant, self.cloud, self.token_url

    def settings(self) -> Collection[Declaration]:
        """The settings that say something of it."""
        said = self.route.says if self.route else ()
        return [each for each in settings(TokenLogin) if each.name in said]


@dataclass(frozen=True, slots=True)
class Route:
    """How tokens come from a provider when somebody signs in so, or nobody."""

    sign_in: SignIn
    needs: frozenset[str]
    """Fields that must be given."""
    takes: frozenset[str] = frozenset()
    """Fields that may be."""

    @property
    def says(self) -> frozenset[str]:
        """Fields that say something."""
        always = {"provider", "sign_in"} if self.sign_in else {"provider"}
        return self.needs | self.takes | always


def _route(sign_in: SignIn, needs: str, takes: str = "") -> Route:
    return Route(sign_in, frozenset(needs.split()), frozenset(takes.split()))


ROUTES: Mapping[Provider, tuple[Route, ...]] = {
    Provider.COMMAND: (_route(SignIn.USUAL, "command"),),
    Provider.MICROSOFT: (
        _route(SignIn.APP, "client_id tenant secret", "cloud"),
        _route(SignIn.DEVICE, "client_id", "tenant cloud"),
        _route(SignIn.BROWSER, "client_id", "tenant cloud secret"),
    ),
    Provider.GOOGLE: (
        _route(SignIn.APP, "secret"),
        _route(SignIn.BROWSER, "client_id secret"),
    ),
    Provider.CUSTOM: (
        _route(SignIn.APP, "client_id secret token_url", "scope"),
        _route(SignIn.BROWSER, "client_id token_url", "secret authorization_url scope"),
    ),
}
"""By provider, the usual one first."""


def route(provider: Provider, sign_in: SignIn) -> Route | None:
    """How tokens come when somebody signs in so; None where the provider has no such way."""
    known = ROUTES[provider]
    return known[0] if not sign_in else next((each for each in known if each.sign_in == sign_in), None)


def ways(provider: str) -> list[SignIn]:
    """Who may sign in there, as a form offers it: what is usual, and each by its name."""
    return [SignIn.USUAL, *(each.sign_in for each in ROUTES[Provider(provider)] if each.sign_in)]


def asked(provider: str, sign_in: str) -> frozenset[str]:
    """The fields that a form asks for, for a provider that is chosen, and who signs in there."""
    chosen = Provider(provider)
    found = route(chosen, SignIn(sign_in))
    several = {"sign_in"} if len(ROUTES[chosen]) > 1 or found is None else set()
    return frozenset({"provider", *several, *((found.needs | found.takes) if found else ())})
