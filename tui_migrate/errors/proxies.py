"""Why a proxy does not lead to a server: each says which leg of the way failed."""

from __future__ import annotations

from tui_migrate.errors.connections import CannotConnect


class ProxyUnreachable(CannotConnect):
    """There is no connection to the proxy, or none that it speaks on as a proxy of its kind does."""

    kind = "no connection to the proxy"
    said = "The proxy said"
    advice = "Check kind (socks5 or http), host name and port of the proxy, and that this machine may reach it."


class ProxyLoginRefused(CannotConnect):
    """The proxy does not accept the login, or wants one. It is not tried again by itself: proxies lock users out."""

    kind = "login refused by the proxy"
    said = "The proxy said"
    retry = False
    advice = "Correct the user and the password of the proxy in the migration's form or plan ([source.proxy_login])."
    asks = "give the migration the proxy's new login, and it goes on by itself."


class ProxyForbids(CannotConnect):
    """The proxy is not allowed to lead to this server."""

    kind = "forbidden by the proxy"
    said = "The proxy said"
    advice = "Have the proxy allow connections (CONNECT) to the host and port of the server."


class UnreachableByProxy(CannotConnect):
    """The proxy does not get through to the server."""

    kind = "no connection behind the proxy"
    said = "The proxy said"
    advice = "Check host name and port of the server, and that the proxy knows the one and may reach the other."
