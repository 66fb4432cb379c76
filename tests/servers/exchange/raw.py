"""A client that sends what it is told to, and reads answers without any rule of ours."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from xml.etree.ElementTree import Element, fromstring

import requests

from tests.servers.exchange.server import ExchangeDouble
from tests.servers.exchange.words import MESSAGES, SOAP, TYPES, M, T, local

INBOX = '<t:DistinguishedFolderId Id="inbox"/>'


@dataclass(frozen=True)
class Change:
    """One entry of SyncFolderItems."""

    kind: str
    id: str
    key: str


class RawExchange:
    """One connection while the block lasts, as `user`."""

    def __init__(
        self, server: ExchangeDouble, ca_file: Path, user: str = "OLD\\anna", password: str = "secret"
    ) -> None:
        self._server = server
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(ca_file)
        self._session.auth = requests.auth.HTTPBasicAuth(user, password)
        self.version = "Exchange2013_SP1"
        self.impersonates = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def sign_in(self, auth: requests.auth.AuthBase | None) -> None:
        """As somebody else from now on; None: without a login."""
        self._session.auth = auth

    def post(self, inner: str, **headers: str) -> requests.Response:
        """One operation, whatever comes back."""
        sid = f"<t:ConnectingSID><t:PrimarySmtpAddress>{self.impersonates}</t:PrimarySmtpAddress></t:ConnectingSID>"
        who = f"<t:ExchangeImpersonation>{sid}</t:ExchangeImpersonation>" if self.impersonates else ""
        body = (
            f'<s:Envelope xmlns:s="{SOAP}" xmlns:t="{TYPES}" xmlns:m="{MESSAGES}"><s:Header>'
            f'<t:RequestServerVersion Version="{self.version}"/>{who}</s:Header><s:Body>{inner}</s:Body></s:Envelope>'
        )
        told = {"Content-Type": "text/xml; charset=utf-8", **headers}
        return self._session.post(self._server.url(), body.encode(), headers=told)

    def ask(self, inner: str) -> list[Element]:
        """The response messages of an operation."""
        answer = self.post(inner)
        assert answer.status_code == 200, answer.text
        return list(fromstring(answer.content).iterfind(f".//{M}ResponseMessages/*"))

    def fault(self, inner: str) -> str:
        """The response code of the SOAP fault that comes back."""
        answer = self.post(inner)
        assert answer.status_code == 500, answer.text
        return fromstring(answer.content).findtext(".//{*}ResponseCode", "")

    def codes(self, inner: str) -> list[str]:
        """The response code of each response message."""
        return [message.findtext(f"{M}ResponseCode", "") for message in self.ask(inner)]

    def sync(self, state: str = "", most: int = 512, folder: str = INBOX) -> tuple[list[Change], str, bool]:
        """Changes, the new state, and if those are all."""
        (message,) = self.ask(
            f"<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
            f"<m:SyncFolderId>{folder}</m:SyncFolderId><m:SyncState>{state}</m:SyncState>"
            f"<m:MaxChangesReturned>{most}</m:MaxChangesReturned></m:SyncFolderItems>"
        )
        assert message.get("ResponseClass") == "Success", message.findtext(f"{M}ResponseCode")
        changes: list[Change] = []
        for each in message.iterfind(f"{M}Changes/*"):
            named = next(each.iter(f"{T}ItemId"))
            changes.append(Change(local(each), named.get("Id", ""), named.get("ChangeKey", "")))
        last = message.findtext(f"{M}IncludesLastItemInRange") == "true"
        return changes, message.findtext(f"{M}SyncState", ""), last

    def mime(self, *ids: str) -> list[bytes]:
        """The octets of these items; a response code in the place of one that is refused."""
        return [
            b64decode(node.text or "") if (node := message.find(f".//{T}MimeContent")) is not None
            else message.findtext(f"{M}ResponseCode", "").encode()
            for message in self.ask(get_item(*ids))
        ]  # fmt: skip


def get_item(*ids: str, mime: bool = True, more: str = "") -> str:
    """The operation. `more`: further properties."""
    wanted = "".join(f'<t:ItemId Id="{each}"/>' for each in ids)
    included = "<t:IncludeMimeContent>true</t:IncludeMimeContent>" if mime else ""
    more = f"<t:AdditionalProperties>{more}</t:AdditionalProperties>" if more else ""
    return (
        f"<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>{included}{more}</m:ItemShape>"
        f"<m:ItemIds>{wanted}</m:ItemIds></m:GetItem>"
    )
