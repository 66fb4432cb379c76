"""Messages that were asked for and have not come: gone, not handed out, or beyond what is answered at once."""

from __future__ import annotations

from collections.abc import Iterator

from tui_migrate.errors import MessageRefused
from tui_migrate.mail.imap.asking import Asking
from tui_migrate.mail.imap.codes import refusal
from tui_migrate.mail.imap.walk import FORMS, ReadCommand, Walk
from tui_migrate.mail.imap.wire import Reply
from tui_migrate.mail.protocols import Gone, Step, Unreadable
from tui_migrate.uidset import chunks, format_uids

_SEARCHED_AT_ONCE = 500
"""Messages that one command asks for by their UIDs."""


class Missing(Asking):
    """Asks again, in other ways, for what has not come."""

    def _missing(self, walk: Walk, command: ReadCommand, reply: Reply) -> Iterator[Step]:
        """Messages that were asked for and have not come: gone, not handed out, or beyond what is answered at once."""
        missing = command.missing()
        if not missing:
            return
        alone = len(command.wanted) == 1
        if reply.ok and len(missing) < len(command.wanted):  # the rest may still come
            self._again(walk, [[command.wanted[uid] for uid in missing]])
        elif reply.code == "MESSAGELIMIT" and not alone:
            half = len(missing) // 2
            self._again(walk, [[command.wanted[uid] for uid in some] for some in (missing[:half], missing[half:])])
        elif reply.ok or (alone and reply.code == "EXPUNGEISSUED"):
            yield from self._did_not_come(walk, command, reply)
        elif alone:
            error = refusal(reply.code, reply.words, command.text)
            if walk.tries.get(missing[0], 0) > 1:  # in a form that it need not know
                yield from self._did_not_come(walk, command, reply)
            else:
                yield Unreadable(walk.folder.name, command.wanted[missing[0]], error)
        else:  # one by one: the culprit names itself
            refusal(reply.code, reply.words, command.text)
            self._again(walk, [[command.wanted[uid]] for uid in missing])

    def _did_not_come(self, walk: Walk, command: ReadCommand, reply: Reply) -> Iterator[Step]:
        """Ask again for what has not come and was not refused; in the end tell that it is not handed out."""
        for uid in command.missing():
            listed = command.wanted[uid]
            walk.missed(listed)
            tries = walk.tries[uid]
            if tries == 1:
                walk.doubtful[uid] = listed
            elif tries < len(FORMS):
                self._again(walk, [[listed]])
            else:
                empty = "returned an empty message" if uid in walk.empty else "lists the message and does not return it"
                command_text, words = f"UID FETCH {uid} {FORMS[0]}", reply.words if reply.ok else ""
                error = MessageRefused(f"The source {empty}.", server_words=words, command=command_text)
                yield Unreadable(walk.folder.name, listed, error)

    def _listed_again(self, walk: Walk, command: ReadCommand, reply: Reply) -> Iterator[Step]:
        if not reply.ok:
            yield from self._unreadable(walk, command, reply)
            return
        untold = [uid for uid in command.wanted if uid not in command.rows]
        come = command.rows.keys() & command.wanted.keys()
        if untold and come - command.before:  # or was the answer cut short?
            more = self._put_listing(walk, format_uids(untold), frozenset(untold), "again")
            more.rows, more.before, more.wanted = command.rows, come, command.wanted
            return
        walk.alone = True
        self._again(walk, [[listed] for uid, listed in command.wanted.items() if uid in command.rows])
        for some in chunks(untold, self._most(_SEARCHED_AT_ONCE)):
            search = self._put("search", walk, f"UID SEARCH UID {format_uids(some)}")
            search.wanted = {uid: command.wanted[uid] for uid in some}

    def _searched_for(self, walk: Walk, command: ReadCommand, reply: Reply) -> Iterator[Step]:
        """What no listing shows is gone when a search does not find it either: some servers hide mail from FETCH."""
        if not reply.ok:
            yield from self._unreadable(walk, command, reply)
            return
        self._again(walk, [[listed] for uid, listed in command.wanted.items() if uid in command.seen])
        if gone := tuple(command.missing()):
            yield Gone(walk.folder.name, gone)

    def _unreadable(self, walk: Walk, command: ReadCommand, reply: Reply) -> Iterator[Step]:
        error = refusal(reply.code, reply.words, command.text)
        for listed in command.wanted.values():
            yield Unreadable(walk.folder.name, listed, error)
