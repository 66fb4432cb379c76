"""SASL (RFC 4422): what is sent to log in, for IMAP and POP alike, and what is heard when it fails."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

from tui_migrate.model import NetworkServer, Secret

BEARERS = ("OAUTHBEARER", "XOAUTH2")
"""Ways to log in with a token, the best first: the standard (RFC 7628), and what there was before it."""


_OF_NO_PASSWORD = ("", "ALERT", "CANNOT", "CLIENTBUG")
"""Response codes (RFC 5530) that say nothing of a password, nor of a state that will pass."""
_PASSWORD = re.compile(
    r"passw|passphrase|credential|auth\w* (failed|failure|error|denied|rejected|refused)"
    r"|log-?in (failed|incorrect|invalid)|(invalid|unknown|bad|wrong|no such|incorrect) (user|account|login|mailbox)"
    r"|(user|account|mailbox|login)\b.*\b(locked|disabled|blocked|suspended|unknown|denied|expired|not found)"
    r"|too many|attempt|try again|later|temporar",
    re.I,
)
"""Words that may mean that a password was looked at: a second try may lock the mailbox."""
_MECHANISM = re.compile(
    r"mechanism|auth\w*[ -](type|method|scheme)|not support|unsupported|not implemented|unimplemented|unrecogni[sz]ed"
    r"|\b(authenticate|sasl|plain)\b.* (disabled|not (enabled|allowed|permitted))"
    r"|not (recogni[sz]ed|understood)|(unknown|invalid|illegal|bad) command|command (unknown|invalid)",
    re.I,
)
"""Words about the way to log in."""


def not_known(status: str, code: str, words: str, *, responded: bool) -> bool:
    """True when AUTHENTICATE was refused because the server does not know the mechanism, whatever it announces, and for
    certain not because of the password (RFC 3501 section 6.2.2). `responded`: the server had asked for the response."""
    if code not in _OF_NO_PASSWORD or _PASSWORD.search(words):
        return False
    return bool(_MECHANISM.search(words)) or (status == "BAD" and not responded)


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """One way to log in. Not printed: the response holds the secret."""

    mechanism: str
    response: bytes
    """In base64; the answer to the server's first challenge, or the initial response."""
    apology: bytes = b"*"
    """Answers what comes after that: the server says why it refuses, and waits for this before it says NO."""


def plain(authzid: str, name: str, secret: str) -> Exchange:
    """PLAIN (RFC 4616): `name` logs in with a password, and becomes `authzid` where that is not empty."""
    return Exchange("PLAIN", base64.b64encode("\0".join((authzid, name, secret)).encode()))


def best_bearer(offers: Callable[[str], bool]) -> str:
    """The mechanism for a token, of those that the server offers; empty when there is none."""
    return next((each for each in BEARERS if offers(each)), "")


def bearer(mechanism: str, server: NetworkServer, user: str, token: Secret) -> Exchange:
    """A token logs in to the mailbox of `user`."""
    told = f"auth=Bearer {token.reveal()}\x01\x01"
    if mechanism == "XOAUTH2":
        return Exchange(mechanism, base64.b64encode(f"user={user}\x01{told}".encode()), apology=b"")
    name = user.replace("=", "=3D").replace(",", "=2C")  # saslname, RFC 5801 section 4
    where = f"host={server.host}\x01port={server.port}\x01"
    return Exchange(mechanism, base64.b64encode(f"n,a={name},\x01{where}{told}".encode()), apology=b"AQ==")


def challenge_text(challenge: str) -> str:
    """What a challenge says, which is JSON when a token is refused; as it came where it is no base64 text."""
    try:
        text = base64.b64decode(challenge, validate=True).decode()
    except ValueError:  # no base64, no ASCII, or no UTF-8 in it
        return challenge
    return " ".join(text.split())
