"""Folder names: what stands on the wire, and what an admin reads.

The wire's octets are kept for every command. They are decoded into components for mapping and display only, and encoded
only for folders that are created.
"""

from __future__ import annotations

import unicodedata

from imapclient import imap_utf7

from tui_migrate.mail.protocols import Role

SPECIAL_USE = {f"\\{role.value}".lower(): role for role in Role}
"""RFC 6154."""

_NAMES: dict[Role, str] = {
    Role.SENT: """
        sent | sent items | sent messages | sent mail | sent-mail | verzonden | verzonden items |
        verzonden berichten | gesendet | gesendete objekte | gesendete elemente | gesendete nachrichten |
        éléments envoyés | objets envoyés | messages envoyés | envoyés | enviados | elementos enviados |
        itens enviados | mensagens enviadas | inviata | posta inviata | elementi inviati | skickat |
        skickade objekt | sendt | sendte elementer | sendt post | wysłane | elementy wysłane | lähetetyt |
        odeslaná pošta | отправленные | 送信済み
    """,
    Role.DRAFTS: """
        drafts | draft | concepten | klad | entwürfe | brouillons | borradores | rascunhos | bozze | utkast |
        kladder | kopie robocze | wersje robocze | luonnokset | koncepty | черновики | 下書き
    """,
    Role.TRASH: """
        trash | deleted | deleted items | deleted messages | bin | prullenbak | verwijderde items |
        verwijderd | papierkorb | gelöschte elemente | gelöschte objekte | corbeille | éléments supprimés |
        papelera | elementos eliminados | lixeira | itens eliminados | cestino | posta eliminata |
        papperskorg | borttagna objekt | papirkurv | slettede elementer | slettet post | kosz |
        elementy usunięte | roskakori | koš | удаленные | корзина | ごみ箱
    """,
    Role.JUNK: """
        junk | junk e-mail | junk email | junk mail | spam | bulk mail | bulk | ongewenst | ongewenste e-mail |
        ongewenste reclame | junk-e-mail | spamverdacht | unerwünscht | courrier indésirable | indésirables |
        pourriel | correo no deseado | lixo eletrônico | posta indesiderata | skräppost | søppelpost |
        uønsket e-post | uønsket mail | wiadomości-śmieci | niechciane | roskaposti | nevyžádaná pošta | спам |
        нежелательная почта | 迷惑メール
    """,
    Role.ARCHIVE: """
        archive | archives | archief | archiv | archivo | archivio | arkiv | archiwum | arkisto
    """,
}
_ROLE_OF_NAME = {name.strip(): role for role, names in _NAMES.items() for name in names.split("|")}


def role_of_name(name: str) -> Role | None:
    """The role that a top-level folder of this name has in one of the usual languages."""
    return _ROLE_OF_NAME.get(unicodedata.normalize("NFC", name).casefold())


def decode(raw: bytes) -> str:
    """Modified UTF-7 (RFC 3501 section 5.1.3) as text; names that break its rules are shown as they are."""
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        try:
            return raw.decode("utf-8")  # servers that store 8-bit names
        except UnicodeDecodeError:
            return raw.decode("latin-1")
    try:
        decoded = str(imap_utf7.decode(raw))
        return decoded if encode(decoded) == raw else text
    except (UnicodeError, ValueError, IndexError):
        return text


def encode(text: str) -> bytes:
    """Text as modified UTF-7."""
    return bytes(imap_utf7.encode(text))


def path_of(raw: bytes, delimiter: str, prefix: str) -> tuple[str, ...]:
    """The components of a name below the personal namespace's prefix; INBOX, in whatever case, is ("INBOX",)."""
    if raw.upper() == b"INBOX":
        return ("INBOX",)
    if prefix and raw.startswith(encode(prefix)):
        raw = raw[len(encode(prefix)) :]
    if not delimiter:
        return (decode(raw),)
    parts = [decode(part) for part in raw.split(delimiter.encode())]
    if parts[0].upper() == "INBOX" and len(parts) > 1:
        parts[0] = "INBOX"
    return tuple(parts)


def quote(raw: bytes) -> bytes:
    """A name as a quoted string (RFC 3501 section 9). Raises ValueError for octets that no command line may carry."""
    if b"\r" in raw or b"\n" in raw or b"\0" in raw:
        raise ValueError("the folder's name holds a line end or NUL")
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
