"""What logs in, kept out of a server's words for the life of a connection: servers repeat it in refusals, alerts and
texts of their own, at the login and hours after it.

A secret is masked where a server has echoed it whole. Echo and coincidence look alike, so there are two rules:

* A secret that no sentence holds by chance is masked wherever it stands as a word of its own, in any form in which it
  was sent or is usually escaped. Of what is never a word, as a token or a SASL response, a piece is masked too: servers
  cut long lines.
* One that sentences do hold by chance (`on`, `locked`, `p`, the user's own name) is masked only where an echo puts it:
  in quotation marks or brackets, behind `password:`, or as the last argument of a command that was said back. Anywhere
  else the word says nothing of the password, while a mask in its place would let everybody read it off, and spoil what
  the server said.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from tui_migrate.errors import MailError

COVER = "•••"
_RUN = re.compile(r"[\w+/=~-]{12,}")
"""What may be a piece of a token or of a SASL response."""
_REPLIES = """
a able abort about accept accepted access account accounts active address admin administrator after again alert all
allow allowed already also another any append application argument arguments attempt attempts auth authenticate
authenticated authentication authorization authorized available back backend backoff bad be because been before begin
between blocked body both box bug busy but by bye call can cannot capability change changed check client close closed
code command commands complete completed connect connected connection connections contact contacts copy correct could
create created credentials daily data database date delete deleted denied destination detail details device disabled
disk does domain done down draft drafts during each email empty enable enabled encrypted end enough enter error errors
exceeded exist exists expired fail failed failure fatal fetch file files filter first flag flags folder folders follow
for found from full general get give given goodbye got greeting group had has have header hello help here high host
hour hours how however i identity idle imap inbox incorrect info information insufficient internal internet into
invalid junk keep kerberos key keyword large last later limit limited line lines list load local lock locked log
logged login logins logon logout long lost lower mail mailbox mailboxes mails main maintenance many master maximum may
message messages method minute minutes missing mode monday more most move much must name named network never new next
none normal not nothing notice number object occurred off office offline old one online only open opened operation
option other out over overloaded owner page parameter part partial pass passwd password passwords path perform
permanent permission please point policy pop port post problem protected protocol proxy public queue quota rate read
ready reason recent reconnect record refused register reject rejected remote remove rename repeat reply report request
required reset resource response restricted result retry return right root safe same scan search second seconds
section secure security see select selected send sent server service session set shared should shut sign simple since
single site size slow some soon source space spam special start started state status still stop storage store string
subscribe success successful sunday support suspended syntax system table take temporarily temporary test text than
thank that the then there they this though throttled time timeout times today token tomorrow too total transient trash
try two type unable unavailable under unknown unlock unsupported until update use used user username users valid value
verify version very via wait waiting want was web website week welcome when where which while who will with without
word work world write wrong year yes yet you your zone
"""
_USUAL = frozenset(_REPLIES.split())
"""What servers' replies are made of; a short word, or a short number, may be in any of them besides."""


class Mask:
    """The secrets of one connection. Belongs to the thread of its wire."""

    def __init__(self) -> None:
        self._free: list[re.Pattern[str]] = []
        """What is masked wherever it stands."""
        self._echoed: list[re.Pattern[str]] = []
        """What is masked where an echo puts it: its group `secret`."""
        self._blobs: list[str] = []

    def hide(self, secret: str, *names: str, blobs: Iterable[str] = ()) -> None:
        """From here on, mask this password or token. `names`: what may stand in any reply, as the user and the host;
        `blobs`: what is no word anywhere, as a token and a SASL response."""
        for blob in filter(None, blobs):
            self._blobs.append(blob)
            self._free.append(_whole(blob))
        if not secret:
            return
        self._free.append(_whole(base64.b64encode(secret.encode()).decode()))
        known = {name.casefold() for name in names} | {*re.findall(r"\w+", " ".join(names).casefold())} | _USUAL
        is_word = secret.casefold() in known
        if is_word or _by_chance(secret):
            self._echoed.append(_echo(secret, names, is_word))
        else:
            self._free += [_whole(form) for form in _forms(secret)]

    def cover(self, words: str) -> str:
        """A server's words without what it has echoed."""
        if self._blobs:
            words = _RUN.sub(lambda run: COVER if any(run[0] in blob for blob in self._blobs) else run[0], words)
        for pattern in self._free:
            words = pattern.sub(COVER, words)
        for pattern in self._echoed:
            words = pattern.sub(lambda found: found[0].removesuffix(found["secret"]) + COVER, words)
        return words

    def cover_error(self, error: MailError) -> None:
        """Cover the words that an error carries."""
        error.server_words = self.cover(error.server_words)

    @contextlib.contextmanager
    def covering(self) -> Iterator[None]:
        """Cover the words of every error that leaves the block."""
        try:
            yield
        except MailError as error:
            self.cover_error(error)
            raise


def _forms(secret: str) -> set[str]:
    """The forms in which a secret may be repeated: as it is, in a quoted string (RFC 9051 section 4.3), in a URL, in
    JSON, and in Latin-1 read as UTF-8."""
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
    latin = secret.encode("latin-1", "replace").decode("utf-8", "backslashreplace")
    return {secret, quoted, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1], latin}


def _whole(form: str) -> re.Pattern[str]:
    """An expression for this text where it is no part of a longer word. Blanks may have been folded."""
    pattern = r"\s+".join(map(re.escape, form.split())) or re.escape(form)
    before = r"(?<!\w)" if form[0].isalnum() else ""
    after = r"(?!\w)" if form[-1].isalnum() else ""
    return re.compile(before + pattern + after, re.IGNORECASE)


def _echo(secret: str, names: Iterable[str], is_word: bool) -> re.Pattern[str]:
    """An expression for this text where a command or a form with it was said back; its group `secret`."""
    text = re.escape(secret)
    quoted = rf"""["'`<(\[{{«](?={text}["'`>)\]}}»])"""
    users = "".join(rf"|{re.escape(name)}[\s:/,]+" for name in names if name)
    command = rf"(?<!\w)(?:PASS\s+|LOGIN\s+\S+\s+{users})(?={text}\W*$)"
    link = r"\s*[:=]\s*" if is_word else r"\s*[:=]?\s*(?:is\s+)?"
    labelled = rf"(?i:\bpass\w*|\bpwd|\bsecret){link}(?<!\w)(?={text}(?!\w))"
    return re.compile(rf"(?:{quoted}|{command}|{labelled})(?P<secret>{text})")


def _by_chance(secret: str) -> bool:
    """True for a secret that a sentence may hold without meaning it."""
    return len(secret) == 1 or (secret.isalpha() and len(secret) <= 3) or (secret.isdigit() and len(secret) <= 5)
