"""What Exchange answers to what a copy asks, message by message."""

from __future__ import annotations

import pytest
import requests

from tests.servers.certificates import Certificates
from tests.servers.exchange.autodiscover import PATH
from tests.servers.exchange.conftest import mail
from tests.servers.exchange.items import Attachment
from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.raw import INBOX, RawExchange, get_item
from tests.servers.exchange.server import ExchangeDouble
from tests.servers.exchange.versions import EXCHANGE2007, EXCHANGE2010
from tests.servers.exchange.words import M, T, local

ONLY_ID = "<t:BaseShape>IdOnly</t:BaseShape>"
FLAG = '<t:FieldURI FieldURI="item:Flag"/>'


def get_folder(*roles: str) -> str:
    named = "".join(f'<t:DistinguishedFolderId Id="{role}"/>' for role in roles)
    return f"<m:GetFolder><m:FolderShape>{ONLY_ID}</m:FolderShape><m:FolderIds>{named}</m:FolderIds></m:GetFolder>"


def find_item(most: int, offset: int, more: str = "") -> str:
    return (
        f'<m:FindItem Traversal="Shallow"><m:ItemShape>{ONLY_ID}{more}</m:ItemShape>'
        f'<m:IndexedPageItemView MaxEntriesReturned="{most}" Offset="{offset}" BasePoint="Beginning"/>'
        f"<m:ParentFolderIds>{INBOX}</m:ParentFolderIds></m:FindItem>"
    )


def hierarchy(raw: RawExchange, state: str = "") -> tuple[list[tuple[str, str]], str]:
    """What has become of which folder, by names of elements; and the new state."""
    (message,) = raw.ask(
        f"<m:SyncFolderHierarchy><m:FolderShape>{ONLY_ID}<t:AdditionalProperties>"
        '<t:FieldURI FieldURI="folder:DisplayName"/></t:AdditionalProperties></m:FolderShape>'
        f"<m:SyncState>{state}</m:SyncState></m:SyncFolderHierarchy>"
    )
    told = [
        (local(each), local(each[0]) + " " + each.findtext(f".//{T}DisplayName", ""))
        for each in message.iterfind(f"{M}Changes/*")
    ]
    return told, message.findtext(f"{M}SyncState", "")


def test_one_response_message_for_each_thing(mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    inbox = mailbox.roles["inbox"]
    first, second, third = inbox.items.values()
    inbox.change(second, mime_error="ErrorItemCorrupt")
    inbox.delete(third)
    assert raw.mime(first.id, second.id, third.id, "rubbish") == [
        mail(0),
        b"ErrorItemCorrupt",
        b"ErrorItemNotFound",
        b"ErrorInvalidIdMalformed",
    ]
    assert raw.codes(get_item(second.id, mime=False)) == ["NoError"]
    assert raw.codes(get_folder("inbox", "drafts", "archivemsgfolderroot", "publicfoldersroot")) == [
        "NoError",
        "ErrorFolderNotFound",
        "ErrorFolderNotFound",
        "ErrorNoPublicFolderReplicaAvailable",
    ]


def test_pages_shift_when_mail_comes(mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    inbox = mailbox.roles["inbox"]
    first, second, third = inbox.items.values()
    (message,) = raw.ask(find_item(2, 0))
    assert [each.get("Id") for each in message.iter(f"{T}ItemId")] == [third.id, second.id]
    inbox.add(mail(4))
    (message,) = raw.ask(find_item(2, 2))
    assert [each.get("Id") for each in message.iter(f"{T}ItemId")] == [second.id, first.id]
    view = next(message.iter(f"{M}RootFolder"))
    assert (view.get("TotalItemsInView"), view.get("IncludesLastItemInRange")) == ("4", "true")
    mime = "<t:IncludeMimeContent>true</t:IncludeMimeContent>"
    assert raw.codes(find_item(2, 0, mime)) == ["ErrorInvalidPropertyRequest"]


def test_a_page_has_a_thousand_at_most(mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    for number in range(1000):
        mailbox.roles["inbox"].add(mail(number))
    (message,) = raw.ask(find_item(5000, 0))
    assert len(list(message.iter(f"{T}ItemId"))) == 1000


def test_the_tree_and_what_becomes_of_it(mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    below = mailbox.add_folder("A/B & <C>", parent=mailbox.roles["inbox"])
    mailbox.add_folder("Suche", is_search=True)
    told, state = hierarchy(raw)
    assert told == [
        ("Create", "Folder Top of Information Store"),
        ("Create", "Folder Posteingang"),
        ("Create", "Folder Éléments envoyés"),
        ("Create", "Folder A/B & <C>"),
        ("Create", "SearchFolder Suche"),
    ]
    assert hierarchy(raw, state) == ([], state)
    mailbox.rename(below, "D")
    mailbox.delete_folder(mailbox.roles["sentitems"])
    mailbox.add_folder("Neu")
    told, _ = hierarchy(raw, state)
    assert told == [("Update", "Folder D"), ("Delete", "FolderId "), ("Create", "Folder Neu")]


def test_properties_by_tag(mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    item = mailbox.roles["inbox"].add(mail(7), verb=102, flag="Flagged", properties={"0x0FFF": b"\0\1"})
    tags = (
        ("0x1081", "Integer"),
        ("4240", "Integer"),
        ("0x0E08", "Integer"),
        ("0xfff", "Binary"),
        ("0x001A", "String"),
    )
    more = "".join(f'<t:ExtendedFieldURI PropertyTag="{tag}" PropertyType="{kind}"/>' for tag, kind in tags)
    (message,) = raw.ask(get_item(item.id, mime=False, more=more + FLAG))
    told = {each[0].get("PropertyTag"): each.findtext(f"{T}Value") for each in message.iter(f"{T}ExtendedProperty")}
    size = str(len(mail(7)))
    assert told == {"0x1081": "102", "0x1090": "2", "0xe08": size, "0xfff": "AAE=", "0x1a": "IPM.Note"}
    assert message.findtext(f".//{T}FlagStatus") == "Flagged"


def test_a_listing_cuts_long_values(mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    octets = b"X-Long: " + b"x" * 300 + b"\r\nSubject: =?utf-8?q?=C3=A4?=\r\n\r\n"
    item = mailbox.roles["inbox"].add(octets)
    headers = '<t:ExtendedFieldURI PropertyTag="0x007D" PropertyType="String"/>'
    (message,) = raw.ask(find_item(1, 0, f"<t:AdditionalProperties>{headers}</t:AdditionalProperties>"))
    assert message.findtext(f".//{T}Value") == octets.decode()[:255]
    fields = '<t:FieldURI FieldURI="item:InternetMessageHeaders"/><t:FieldURI FieldURI="item:Subject"/>'
    (message,) = raw.ask(get_item(item.id, mime=False, more=headers + fields))
    assert message.findtext(f".//{T}Value", "").split() == octets.decode().split()
    assert [each.text for each in message.iter(f"{T}InternetMessageHeader")] == ["x" * 300, "=?utf-8?q?=C3=A4?="]
    assert message.findtext(f".//{T}Subject") == "ä"


def test_a_folder_that_is_gone(mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    folder = f'<t:FolderId Id="{mailbox.roles["sentitems"].id}"/>'
    raw.sync(folder=folder)
    mailbox.delete_folder(mailbox.roles["sentitems"])
    with pytest.raises(AssertionError, match="ErrorSyncFolderNotFound"):
        raw.sync(folder=folder)
    assert raw.codes(find_item(1, 0).replace(INBOX, folder)) == ["ErrorFolderNotFound"]


def test_attachments_by_themselves(mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    item = mailbox.roles["inbox"].add(mail(7), attachments=[Attachment("smime.p7m", b"\0signed")])
    more = '<t:FieldURI FieldURI="item:Attachments"/>'
    (message,) = raw.ask(get_item(item.id, mime=False, more=more))
    (named,) = message.iter(f"{T}AttachmentId")
    wanted = f'<m:AttachmentIds><t:AttachmentId Id="{named.get("Id")}"/></m:AttachmentIds>'
    (message,) = raw.ask(f"<m:GetAttachment>{wanted}</m:GetAttachment>")
    assert message.findtext(f".//{T}Content") == "AHNpZ25lZA=="


def test_mime_is_made_anew(mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    item = mailbox.roles["inbox"].add(b"", remade=lambda number: b"boundary %d" % number)
    assert raw.mime(item.id, item.id) == [b"boundary 1", b"boundary 2"]


def test_versions(server: ExchangeDouble, mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    item = next(iter(mailbox.items))
    asked = get_item(item, mime=False, more=FLAG)
    raw.version = "Exchange2019"
    assert raw.fault(asked) == "ErrorInvalidServerVersion"
    raw.version = "Exchange2010_SP2"
    assert raw.fault(asked) == "ErrorSchemaValidation"
    server.release = EXCHANGE2010
    assert raw.codes(get_item(item)) == ["NoError"]
    raw.version = "Exchange2013_SP1"
    assert raw.fault(asked) == "ErrorInvalidServerVersion"
    server.release, raw.version = EXCHANGE2007, "Exchange2007_SP1"
    assert raw.fault(get_folder("archivemsgfolderroot")) == "ErrorSchemaValidation"


def test_control_characters_are_no_xml(mailbox: ExchangeMailbox, raw: RawExchange) -> None:
    mailbox.add_folder("Alt\x0b\x01")
    assert (
        "Alt&#xB;&#x1;"
        in raw.post(
            '<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>'
            '<m:ParentFolderIds><t:DistinguishedFolderId Id="msgfolderroot"/></m:ParentFolderIds></m:FindFolder>'
        ).text
    )


def test_autodiscover(server: ExchangeDouble, certificates: Certificates) -> None:
    schema = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"

    def ask(address: str, *, password: str = "secret") -> requests.Response:
        with requests.Session() as session:
            session.trust_env, session.verify = False, str(certificates.ca_file)
            request = f"<Request><EMailAddress>{address}</EMailAddress></Request>"
            body = f'<Autodiscover xmlns="{schema}">{request}</Autodiscover>'
            login = ("anna@old.example", password)
            return session.post(server.url(PATH), body.encode(), auth=login, allow_redirects=False)

    assert ask("anna@old.example", password="wrong").status_code == 401
    assert f"<EwsUrl>{server.url()}</EwsUrl>" in ask("anna@old.example").text
    assert "<ErrorCode>500</ErrorCode>" in ask("nobody@old.example").text
    server.autodiscover.address = "anna@other.example"
    assert "<RedirectAddr>anna@other.example</RedirectAddr>" in ask("anna@old.example").text
    server.autodiscover.location = "http://elsewhere.example/"
    assert ask("anna@old.example").headers["Location"] == "http://elsewhere.example/"
