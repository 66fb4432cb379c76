"""Special uses of folders."""

from __future__ import annotations

import unicodedata
from enum import StrEnum


class Role(StrEnum):
    """What a folder is for (RFC 6154), whatever its name and language."""

    SENT = "Sent"
    DRAFTS = "Drafts"
    TRASH = "Trash"
    JUNK = "Junk"
    ARCHIVE = "Archive"
    ALL = "All"
    FLAGGED = "Flagged"
    IMPORTANT = "Important"


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
