"""One request as the operations see it: who asks, in which version, and what the ids in it mean to him."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from xml.etree.ElementTree import Element

from tests.servers.exchange.items import Attachment, ExchangeItem
from tests.servers.exchange.mailbox import ExchangeFolder, ExchangeMailbox
from tests.servers.exchange.shapes import ONLY_ONE_BY_ONE, Shape, shape_of
from tests.servers.exchange.versions import Version
from tests.servers.exchange.words import Refusal, T, local


class Directory:
    """All mailboxes of a server."""

    def __init__(self, mailboxes: Iterable[ExchangeMailbox], public: ExchangeMailbox | None) -> None:
        self.mailboxes = {mailbox.user.lower(): mailbox for mailbox in mailboxes}
        """By address."""
        self.public = public
        """What holds the public folders."""

    def all(self) -> list[ExchangeMailbox]:
        """With the public folders."""
        return [*self.mailboxes.values(), *([self.public] if self.public else [])]

    def may_open(self, user: str, mailbox: ExchangeMailbox) -> bool:
        """True when he sees what lies there."""
        return mailbox is self.public or user == mailbox.user.lower() or user in mailbox.full_access


@dataclass
class Asking:
    """A request that has been let in."""

    directory: Directory
    user: str
    """Whose mailbox it is about: the caller, or whom he impersonates."""
    version: Version
    request: Element
    """The operation, within the SOAP body."""
    state_size: int = 0
    """Octets that a SyncState takes at least."""
    generation: int = 0
    """SyncStates of other ones are refused."""
    items: int = field(default=0, init=False)
    """That were told in the answer."""

    @property
    def operation(self) -> str:
        """Its name."""
        return local(self.request)

    @cached_property
    def item_shape(self) -> Shape:
        """Raises Refusal."""
        return shape_of(self.request, self.version, "ItemShape")

    @cached_property
    def listing_shape(self) -> Shape:
        """Of many items at once. Raises Refusal."""
        if self.item_shape.mime or self.item_shape.fields & ONLY_ONE_BY_ONE:
            raise Refusal("ErrorInvalidPropertyRequest")
        return replace(self.item_shape, cut=True)

    @cached_property
    def folder_shape(self) -> Shape:
        """Raises Refusal."""
        return shape_of(self.request, self.version, "FolderShape")

    def folder(self, named: Element) -> ExchangeFolder:
        """The folder that a FolderId or DistinguishedFolderId names. Raises Refusal."""
        name = named.get("Id", "")
        if local(named) == "DistinguishedFolderId":
            return self._distinguished(name, named.findtext(f"{T}Mailbox/{T}EmailAddress"))
        for mailbox in self.directory.all():
            for folder in mailbox.folders:
                if folder.id == name:
                    self._admit(mailbox)
                    return folder
        raise Refusal("ErrorFolderNotFound" if name.startswith("AAMkAD") else "ErrorInvalidIdMalformed")

    def item(self, name: str) -> ExchangeItem:
        """The item of this id. Raises Refusal."""
        own = self.directory.mailboxes.get(self.user)
        if own is not None and (item := own.items.get(name)) is not None:
            return item
        for mailbox in self.directory.all():
            if (item := mailbox.items.get(name)) is not None:
                self._admit(mailbox)
                return item
        raise Refusal("ErrorItemNotFound" if name.startswith("AAMkAD") else "ErrorInvalidIdMalformed")

    def known(self, name: str) -> ExchangeFolder | ExchangeItem:
        """Whatever has this id. Raises Refusal."""
        try:
            return self.folder(Element(f"{T}FolderId", Id=name))
        except Refusal:
            return self.item(name)

    def attachment(self, name: str) -> tuple[ExchangeItem, Attachment]:
        """The attachment of this id, and where it is. Raises Refusal."""
        for mailbox in self.directory.all():
            if name in mailbox.attachments and not mailbox.attachments[name][0].gone:
                self._admit(mailbox)
                return mailbox.attachments[name]
        raise Refusal("ErrorItemNotFound")

    def _distinguished(self, role: str, address: str | None) -> ExchangeFolder:
        if role not in _ROLES or self.version < _ROLES[role]:
            text = (
                f"The request failed schema validation: The 'Id' attribute is invalid - The value '{role}' is invalid."
            )
            raise Refusal("ErrorSchemaValidation", text, as_fault=True)
        if role == "publicfoldersroot":
            if self.directory.public is None:
                raise Refusal("ErrorNoPublicFolderReplicaAvailable", "No public folder replica is available.")
            return self.directory.public.roles[role]
        mailbox = self.directory.mailboxes.get((address or self.user).lower())
        if mailbox is None:
            raise Refusal("ErrorNonExistentMailbox")
        self._admit(mailbox)
        if role not in mailbox.roles:
            raise Refusal("ErrorFolderNotFound")
        return mailbox.roles[role]

    def _admit(self, mailbox: ExchangeMailbox) -> None:
        if not self.directory.may_open(self.user, mailbox):
            raise Refusal("ErrorAccessDenied")


@dataclass(frozen=True)
class Operation:
    """What can be asked: each thing in a request has a response message of its own."""

    things: Callable[[Asking], list[Element]]
    answer: Callable[[Asking, Element], list[bytes]]
    """Raises Refusal."""
    empty: str = ""
    """What stands in the message of a refusal."""


def within(path: str) -> Callable[[Asking], list[Element]]:
    """The things below this element. Raises Refusal where there are none."""

    def things(asking: Asking) -> list[Element]:
        found = asking.request.findall(f"{{*}}{path}/*")
        if not found:
            raise Refusal("ErrorSchemaValidation", as_fault=True)
        return found

    return things


_OLD = """calendar contacts deleteditems drafts inbox journal junkemail msgfolderroot notes outbox publicfoldersroot
root searchfolders sentitems tasks voicemail"""
_WITH_ARCHIVES = """archivedeleteditems archivemsgfolderroot archiverecoverableitemsdeletions
archiverecoverableitemspurges archiverecoverableitemsroot archiverecoverableitemsversions archiveroot
recoverableitemsdeletions recoverableitemspurges recoverableitemsroot recoverableitemsversions"""
_NEW = """adminauditlogs archiveinbox conflicts conversationhistory directory favorites imcontactlist localfailures
mycontacts peopleconnect quickcontacts recipientcache serverfailures syncissues todosearch"""
_ROLES: Mapping[str, Version] = {
    **dict.fromkeys(_OLD.split(), Version.EXCHANGE2007),
    **dict.fromkeys(_WITH_ARCHIVES.split(), Version.EXCHANGE2010_SP1),
    **dict.fromkeys(_NEW.split(), Version.EXCHANGE2013),
}
"""Distinguished ids, and the first version that knows each."""
