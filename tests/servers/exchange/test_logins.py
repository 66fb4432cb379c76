"""Who is let in, by each scheme, as clients of others do it: requests with its own Basic, NTLM, and pyspnego."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
import requests
import requests_ntlm
import spnego
from spnego.channel_bindings import GssChannelBindings

from tests.servers.authorization.books import Grant
from tests.servers.authorization.clients import Client
from tests.servers.authorization.microsoft import Microsoft
from tests.servers.authorization.server import AuthorizationServer
from tests.servers.certificates import Certificates
from tests.servers.exchange.mailbox import ExchangeMailbox
from tests.servers.exchange.raw import RawExchange, get_item
from tests.servers.exchange.server import ExchangeDouble
from tests.servers.exchange.windows import end_point
from tests.servers.exchange.words import T

ANNA = "anna@old.example"
BERT = "bert@old.example"
GET_INBOX = (
    "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"
    '<t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>'
)


@pytest.mark.parametrize("name", [ANNA, "OLD\\anna", "old\\Anna"])
@pytest.mark.parametrize("scheme", ["Basic", "NTLM"])
def test_names_of_an_account(server: ExchangeDouble, certificates: Certificates, scheme: str, name: str) -> None:
    server.accounts.offers = (scheme,)
    for password, let_in in (("secret", True), ("Secret", False), ("", False)):
        with RawExchange(server, certificates.ca_file) as raw:
            raw.sign_in(_auth(scheme, name, password))
            assert (raw.post(GET_INBOX).status_code == 200) is let_in
    assert "authorization" not in server.asked[-1].headers


def _auth(scheme: str, name: str, password: str) -> requests.auth.AuthBase:
    return (requests.auth.HTTPBasicAuth if scheme == "Basic" else requests_ntlm.HttpNtlmAuth)(name, password)


def test_ntlm_holds_for_its_connection_alone(
    server: ExchangeDouble, raw: RawExchange, certificates: Certificates
) -> None:
    server.accounts.offers = ("NTLM",)
    raw.sign_in(_auth("NTLM", ANNA, "secret"))
    assert raw.codes(GET_INBOX) == ["NoError"]
    raw.sign_in(None)
    assert raw.codes(GET_INBOX) == ["NoError"]
    with RawExchange(server, certificates.ca_file) as other:
        other.sign_in(None)
        assert other.post(GET_INBOX).status_code == 401
    assert server.connections == 2
    assert server.accounts.refused == []


def shake_hands(raw: RawExchange, scheme: str, password: str, binding: bytes) -> int:
    """By pyspnego. Returns: the status of the last answer."""
    raw.sign_in(None)
    bound = GssChannelBindings(application_data=binding) if binding else None
    client = spnego.client(
        "OLD\\anna",
        password,
        hostname="localhost",
        service="http",
        protocol=scheme.lower(),
        channel_bindings=bound,
        options=spnego.NegotiateOptions.use_ntlm,
    )
    answer, token = None, client.step()
    while token:
        answer = raw.post(GET_INBOX, Authorization=f"{scheme} {b64encode(token).decode()}")
        told = answer.headers.get("WWW-Authenticate", "").partition(" ")[2]
        token = client.step(b64decode(told)) if told else None
    assert answer is not None
    return answer.status_code


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_a_wrong_password(server: ExchangeDouble, raw: RawExchange, scheme: str) -> None:
    server.accounts.offers = (scheme,)
    assert shake_hands(raw, scheme, "Secret", b"") == 401
    assert server.accounts.refused == [scheme]
    assert shake_hands(raw, scheme, "secret", b"") == 200
    assert server.accounts.refused == [scheme]


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_extended_protection(server: ExchangeDouble, raw: RawExchange, certificates: Certificates, scheme: str) -> None:
    server.accounts.offers = (scheme,)
    server.accounts.binding = binding = end_point(certificates.good.chain)
    assert shake_hands(raw, scheme, "secret", binding) == 200
    assert shake_hands(raw, scheme, "secret", b"") == 401
    assert shake_hands(raw, scheme, "secret", binding[:-1] + b"x") == 401


def test_a_service_account(mailbox: ExchangeMailbox, server: ExchangeDouble, raw: RawExchange) -> None:
    accounts = server.accounts
    accounts.services["svc@old.example"] = "service word"
    bert = ExchangeMailbox(BERT)
    bert.add_folder("Inbox", "inbox")
    server.directory.mailboxes[BERT] = bert
    raw.impersonates = BERT
    assert raw.fault(GET_INBOX) == "ErrorImpersonateUserDenied"  # Anna may not
    raw.sign_in(requests.auth.HTTPBasicAuth("OLD\\svc", "service word"))
    (folder,) = raw.ask(GET_INBOX)
    assert next(folder.iter(f"{T}FolderId")).get("Id") == bert.roles["inbox"].id
    assert raw.codes(get_item(next(iter(mailbox.items)))) == ["ErrorAccessDenied"]
    raw.impersonates = "nobody@old.example"
    assert raw.fault(GET_INBOX) == "ErrorNonExistentMailbox"
    accounts.impersonates = lambda caller, address: address == ANNA
    raw.impersonates = BERT
    assert raw.fault(GET_INBOX) == "ErrorImpersonateUserDenied"
    raw.impersonates = ""
    assert raw.codes(GET_INBOX) == ["ErrorNonExistentMailbox"]  # it has none of its own


def test_tokens(server: ExchangeDouble, raw: RawExchange, certificates: Certificates) -> None:
    scope = "https://outlook.office365.com/EWS.AccessAsUser.All"
    everything = "https://outlook.office365.com/.default"
    app = Client("app", secret="word", scopes={everything}, mailboxes={ANNA})
    public = Client("public", scopes={scope})
    with AuthorizationServer(Microsoft(), [app, public], {ANNA}, tls=certificates.good.context()) as office:
        server.accounts.offers, server.accounts.tokens = ("Bearer",), office
        raw.sign_in(None)
        of_anna, of_app = (
            office.books.issue(
                Grant(client, user, scope), {"access_token": f"token-{client.client_id}", "expires_in": 3600}
            )
            for client, user in ((public, ANNA), (app, ""))
        )
        for issued, impersonated, outcome in (
            (of_anna, "", "NoError"),
            (of_anna, ANNA, "ErrorImpersonateUserDenied"),
            (of_app, ANNA, "NoError"),
            (of_app, "", "ErrorImpersonationRequired"),
        ):
            raw.impersonates = impersonated
            assert outcome in raw.post(GET_INBOX, Authorization=f"Bearer {issued.access}").text
        office.revoke(ANNA)
        raw.impersonates = ""
        answer = raw.post(GET_INBOX, Authorization=f"Bearer {of_anna.access}")
        assert (answer.status_code, "invalid_token" in answer.headers["WWW-Authenticate"]) == (401, True)
