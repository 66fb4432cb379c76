"""Autodiscover as plain XML: at which address a mailbox is to be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import ParseError, fromstring

from tests.servers.exchange.asking import Directory
from tests.servers.exchange.http import Answer
from tests.servers.exchange.words import escaped

PATH = "/autodiscover/autodiscover.xml"
_OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook"
_WANTED = f"{{{_OUTLOOK}/requestschema/2006}}"
_SAID = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"


@dataclass
class Autodiscover:
    """What is told to those who have been let in. `url` unless it sends elsewhere."""

    url: str
    """Of Exchange Web Services."""
    address: str = ""
    """Ask again with this e-mail address."""
    elsewhere: str = ""
    """Ask this URL."""
    location: str = ""
    """Ask this URL, says HTTP: a redirect, which must not be followed with credentials."""

    def answer(self, body: bytes, directory: Directory) -> Answer:
        """To one request."""
        if self.location:
            return Answer(status=302, headers=[("Location", self.location)])
        try:
            address = fromstring(body).findtext(f"{_WANTED}Request/{_WANTED}EMailAddress", "")
        except ParseError:
            return _page(_error(600, "Invalid Request"))
        if self.address:
            return _page(_account(f"<Action>redirectAddr</Action><RedirectAddr>{escaped(self.address)}</RedirectAddr>"))
        if self.elsewhere:
            return _page(_account(f"<Action>redirectUrl</Action><RedirectUrl>{escaped(self.elsewhere)}</RedirectUrl>"))
        if address.lower() not in directory.mailboxes:
            return _page(_error(500, "The email address can't be found."))
        protocols = "".join(
            f"<Protocol><Type>{kind}</Type><Server>mail.old.example</Server><EwsUrl>{escaped(self.url)}</EwsUrl></Protocol>"
            for kind in ("EXCH", "EXPR")
        )
        web = f"<Protocol><Type>WEB</Type><Internal><OWAUrl>{escaped(self.url)}</OWAUrl></Internal></Protocol>"
        return _page(_account(f"<AccountType>email</AccountType><Action>settings</Action>{protocols}{web}"))


def _account(inner: str) -> str:
    return f'<Response xmlns="{_OUTLOOK}/responseschema/2006a"><Account>{inner}</Account></Response>'


def _error(code: int, text: str) -> str:
    inner = f"<ErrorCode>{code}</ErrorCode><Message>{text}</Message><DebugData/>"
    return f'<Response><Error Time="13:01:01.1234567" Id="1234567">{inner}</Error></Response>'


def _page(response: str) -> Answer:
    text = f'<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="{_SAID}">{response}</Autodiscover>'
    return Answer([text.encode()], headers=[("Content-Type", "text/xml; charset=utf-8")])
