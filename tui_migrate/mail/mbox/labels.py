"""What Google's labels mean. In a Takeout they are in the language of the account, and nothing says which that is."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from enum import Enum
from functools import cached_property

_MOST, _LONGEST = 100, 250
"""Labels of a message; characters of one, of which Google allows 225."""


class Meaning(Enum):
    """What a label of Google's own says of a message. Of those behind `CHAT` it makes no folder."""

    INBOX = "inbox"
    SENT = "sent"
    DRAFTS = "drafts"
    SPAM = "spam"
    TRASH = "trash"
    CHAT = "chat"
    STARRED = "starred"
    IMPORTANT = "important"
    OPENED = "opened"
    UNREAD = "unread"
    ARCHIVED = "archived"
    CATEGORY = "category"


_M = Meaning
_ORDER = (
    _M.INBOX, _M.SENT, _M.DRAFTS, _M.SPAM, _M.TRASH, _M.CHAT, _M.STARRED, _M.IMPORTANT, _M.OPENED, _M.UNREAD,
    _M.ARCHIVED, _M.CATEGORY,
)  # fmt: skip
_LANGUAGES = """
inbox | sent, sent mail | drafts, draft | spam | trash, bin | chat, chats | starred | important | opened | unread | archived | category
posteingang | gesendet | entwürfe, entwurf | spam | papierkorb | chat, chats | markiert | wichtig | geöffnet | ungelesen | archiviert | kategorie
boîte de réception | envoyé, envoyés, messages envoyés | brouillons, brouillon | spam | corbeille | chat | suivis, favoris, messages suivis | important, importants | ouvert, ouverts | non lus, non lu | archivés, archivé, messages archivés | catégorie
recibidos | enviados, enviado | borradores, borrador | spam | papelera | chat, chats | destacados, destacado | importante, importantes | abierto, abiertos | no leídos, no leído | archivado, archivados | categoría
safata d'entrada | enviats, enviat | esborranys, esborrany | correu brossa | paperera | xat | destacats, destacat | important, importants | oberts, obert | no llegits, no llegit | arxivats, arxivat | categoria
posta in arrivo | inviati, inviata, posta inviata | bozze, bozza | spam | cestino | chat | speciali, speciale | importanti, importante | aperti, aperto, aperta | da leggere, non letti, non letto | archiviati, archiviato, archiviata | categoria
caixa de entrada | enviados, enviadas, enviado, e-mails enviados | rascunhos, rascunho | spam | lixeira, lixo | chat, bate-papo | com estrela | importante, importantes | aberto, abertos, aberta, abertas | não lido, não lidos, não lida, não lidas | arquivado, arquivados, arquivada, arquivadas | categoria
postvak in, inbox | verzonden | concepten, concept | spam | prullenbak | chat, chats | met ster | belangrijk | geopend | ongelezen | gearchiveerd | categorie
inkorgen, inkorg | skickat, skickade | utkast | skräppost, spam | papperskorgen, papperskorg | chatt, chat | stjärnmärkta, stjärnmärkt | viktigt, viktiga, viktig | öppnat, öppnade, öppnad | oläst, olästa | arkiverat, arkiverade, arkiverad | kategori
innboks | sendt | utkast | søppelpost, spam | papirkurv | chat, nettprat | stjernemerket, med stjerne | viktig, viktige | åpnet | ulest, uleste | arkivert, arkiverte | kategori
indbakke | sendt, sendte | kladder, kladde | spam | papirkurv | chat, chats | stjernemarkeret, stjernemarkerede, med stjerne | vigtig, vigtigt, vigtige | åbnet, åbnede | ulæst, ulæste | arkiveret, arkiverede | kategori
saapuneet | lähetetyt, lähetetty | luonnokset, luonnos | roskaposti | roskakori | chat, keskustelu | tähdellä merkityt | tärkeät, tärkeä | avattu, avatut | lukemattomat, lukematon | arkistoitu, arkistoidut | luokka
odebrane | wysłane | wersje robocze | spam | kosz | czat | oznaczone gwiazdką | ważne | otwarte, otwarta | nieprzeczytane | zarchiwizowane, zarchiwizowana | kategoria
doručené, doručená pošta | odesláno, odeslané, odeslaná pošta | koncepty, koncept | spam | koš | chat | s hvězdičkou | důležité | otevřeno, otevřené | nepřečtené | archivováno, archivované | kategorie
входящие | отправленные | черновики, черновик | спам | корзина | чат | помеченные | важное, важные | открытые, открыто, прочитанные | непрочитанные | архив, архивированные, в архиве | категория
受信トレイ | 送信済み, 送信済みメール | 下書き | 迷惑メール | ゴミ箱 | チャット | スター付き | 重要 | 開封済み | 未読 | アーカイブ済み | カテゴリ
"""  # noqa: E501
"""A line for each language, in the order of `_ORDER`. Several words where Google has changed one, or where one was
seen in one gender or number alone."""
_CATEGORIES = frozenset(
    ("personal", "social", "promotions", "updates", "forums", "purchases", "reservations", "travel")
)
"""English category names; elsewhere a colon or a quotation mark tells them from labels of the user's."""
_ENOUGH = 10
"""Messages that tell what all of them share."""


@dataclass(frozen=True)
class Language:
    """The words of Google's own labels."""

    meanings: Mapping[str, Meaning]
    """By the label in lower case."""
    category: str = ""

    def meaning(self, label: str) -> Meaning | None:
        """Of a label; None: it is the user's."""
        plain = " ".join(label.casefold().split())
        return self.meanings.get(plain) or (_M.CATEGORY if self._is_category(plain) else None)

    def _is_category(self, label: str) -> bool:
        if not self.category or not label.startswith(self.category):
            return False
        rest = label[len(self.category) :]
        return re.match(r' ?[:„"«“「]', rest) is not None or (
            self.category == "category" and rest.strip() in _CATEGORIES and rest.startswith(" ")
        )

    @cached_property
    def states(self) -> frozenset[str]:
        """Words for opened and unread, of which every message has one."""
        return frozenset(word for word, meaning in self.meanings.items() if meaning in (_M.OPENED, _M.UNREAD))


def _read(line: str) -> Language:
    columns = [[word.strip() for word in column.split(",")] for column in line.split("|")]
    words = zip(_ORDER, columns, strict=True)
    return Language({word: meaning for meaning, each in words for word in each}, columns[-1][0])


LANGUAGES = tuple(map(_read, _LANGUAGES.strip().splitlines()))


def labels(value: bytes) -> tuple[str, ...]:
    """Those that a field holds: encoded as a whole (RFC 2047), and under that a line of CSV."""
    text = re.sub(r"\r?\n(?=[ \t])", "", value.decode("utf-8", "replace"))
    with suppress(HeaderParseError, LookupError, ValueError):
        text = "".join(
            piece.decode(charset or "utf-8", "replace") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(text)
        )
    try:
        found = next(csv.reader([" ".join(text.splitlines())], skipinitialspace=True), [])
    except csv.Error:
        found = text.split(",")
    return tuple(dict.fromkeys(each.strip()[:_LONGEST] for each in found[:_MOST] if each.strip()))


def language(counted: Iterable[tuple[Sequence[str], int]]) -> Language:
    """In which all these labels are, each with the number of messages that have them together: the one whose words for
    opened and unread most messages have, then most of whose other words are there. Where no language has these two
    words, what all messages share are they, and nobody knows which is which: then neither says anything."""
    combinations = Counter[frozenset[str]]()
    for together, number in counted:
        combinations[frozenset(" ".join(each.casefold().split()) for each in together)] += number

    def score(each: Language) -> tuple[int, int]:
        states = sum(number for together, number in combinations.items() if together & each.states)
        return states, sum(number for together, number in combinations.items() if together & each.meanings.keys())

    best = max(LANGUAGES, key=score)
    if sum(combinations.values()) < _ENOUGH or score(best)[0]:
        return best
    shared = _shared(combinations, best)
    return Language({**best.meanings, **dict.fromkeys(shared, _M.ARCHIVED)}, best.category)


def _shared(combinations: Mapping[frozenset[str], int], known: Language) -> frozenset[str]:
    """Two labels of which every message has exactly one; none where there are no such two."""
    first = max(combinations, key=lambda each: combinations[each])
    for one in sorted(first - known.meanings.keys()):
        others = [together for together in combinations if one not in together]
        for other in sorted(others[0] - known.meanings.keys()) if others else ():
            if all(other in together for together in others) and not any({one, other} <= each for each in combinations):
                return frozenset((one, other))
    return frozenset()
