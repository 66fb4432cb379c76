"""The double of Graph is asked by a client that others have written, and by the requests of its documentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msal
import pytest
import requests
from O365 import Account, MSGraphProtocol
from O365.utils.token import MemoryTokenBackend

from tests.servers.authorization.clients import Client
from tests.servers.authorization.microsoft import Microsoft
from tests.servers.authorization.server import AuthorizationServer
from tests.servers.certificates import Certificates
from tests.servers.graph.mailbox import GraphMailbox
from tests.servers.graph.server import AT_ONCE, GraphDouble

ANNA = "anna@old.example"
SCOPE = "https://graph.here/.default"
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


def mail(number: int) -> bytes:
    head = f"Message-ID: <{number}@old.example>\r\nFrom: Bob <bob@x.example>\r\nTo: Anna <{ANNA}>\r\n"
    return f"{head}Subject: No. {number}\r\n\r\n{number}\r\n".encode()


@pytest.fixture
def office(certificates: Certificates) -> Iterator[AuthorizationServer]:
    app = Client("app", secret="word", scopes={SCOPE})
    with AuthorizationServer(Microsoft(), [app], {ANNA}, tls=certificates.good.context()) as office:
        yield office


@pytest.fixture
def box() -> GraphMailbox:
    box = GraphMailbox(ANNA, "de")
    below = box.make("Projekte/2024", box.make("Kunden", box.known("inbox")))
    box.make("Versteckt", hidden=True)
    for number in range(25):
        box.add(below if number % 2 else "inbox", mail(number), 1_600_000_000 + number, read=bool(number % 3))
    return box


@pytest.fixture
def double(box: GraphMailbox, office: AuthorizationServer, certificates: Certificates) -> Iterator[GraphDouble]:
    with GraphDouble([box], office, tls=certificates.good.context()) as double:
        yield double


@pytest.fixture
def http(office: AuthorizationServer, certificates: Certificates) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(certificates.ca_file)
        form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "word", "scope": SCOPE}
        answer = session.post(office.url("/contoso.example/oauth2/v2.0/token"), data=form).json()
        session.headers["Authorization"] = f"Bearer {answer['access_token']}"
        yield session


def test_the_client_o365_lists_and_fetches_the_same_mail(
    box: GraphMailbox,
    double: GraphDouble,
    office: AuthorizationServer,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # they would win over what the client is told
        monkeypatch.delenv(name, raising=False)

    class Here(MSGraphProtocol):  # type: ignore[misc]
        _protocol_url = double.url("/")
        _oauth_scope_prefix = "https://graph.here/"

    account = Account(
        ("app", "word"),
        protocol=Here(default_resource=f"users/{ANNA}", timezone="UTC"),
        auth_flow_type="credentials",
        tenant_id="contoso.example",
        token_backend=MemoryTokenBackend(),
        verify_ssl=str(certificates.ca_file),
        requests_delay=0,
    )
    account.con._msal_client = msal.ConfidentialClientApplication(
        "app",
        client_credential="word",
        authority=office.url("/contoso.example"),
        token_cache=account.con.token_backend,
        instance_discovery=False,
        verify=str(certificates.ca_file),
    )
    assert account.authenticate(requested_scopes=[SCOPE])
    account.con.get_session()

    found: list[tuple[str, bytes]] = []

    def walk(folder: Any, path: str) -> None:
        found.extend((path, each.get_mime_content()) for each in folder.get_messages(limit=None, batch=4))
        for below in folder.get_folders(limit=None):
            walk(below, f"{path}/{below.name}")

    for top in account.mailbox().get_folders(limit=None):
        walk(top, top.name)
    names = {each.id: each for each in box.folders.values()}

    def path(folder: str) -> str:
        above = names[folder].parent
        return f"{path(above)}/{names[folder].name}" if above in names else names[folder].name

    assert sorted(found) == sorted((path(each.folder), each.mime) for each in box.items.values())


def pages(http: requests.Session, url: str, size: int = 4) -> tuple[list[dict[str, Any]], str]:
    """All that a delta shows, and the link for later."""
    found: list[dict[str, Any]] = []
    while True:
        answer = http.get(url, headers={"Prefer": f'IdType="ImmutableId", odata.maxpagesize={size}'}).json()
        found += answer["value"]
        if "@odata.deltaLink" in answer:
            return found, answer["@odata.deltaLink"]
        url = answer["@odata.nextLink"]


def test_a_delta_is_of_a_point_in_time_and_later_ones_tell_what_has_changed(
    box: GraphMailbox, double: GraphDouble, http: requests.Session
) -> None:
    url = double.url(f"/v1.0/users/{ANNA}/mailFolders/inbox/messages/delta?$select=isRead,flag,categories")
    before = [*box.of(box.known("inbox"))]
    found, link = pages(http, url)
    assert [each["id"] for each in found] == [each.id for each in before]
    assert pages(http, link)[0] == []
    box.change(before[0], read=True)
    box.change(before[1], flagged=True)
    box.move(before[2], "archive")
    box.delete(before[3])
    new = box.add("inbox", mail(99), 1)
    box.move(before[4], "archive")
    box.move(before[4], "inbox")
    told = {each.pop("id"): each for each in pages(http, link)[0]}
    assert {name: sorted(each.keys() - {"@odata.etag"}) for name, each in told.items()} == {
        before[0].id: ["isRead"],
        before[1].id: ["flag"],
        before[2].id: ["@removed"],
        before[3].id: ["@removed"],
        before[4].id: ["categories", "flag", "isRead"],
        new.id: ["categories", "flag", "isRead"],
    }


def test_a_state_that_is_not_known_any_more_is_gone(double: GraphDouble, http: requests.Session) -> None:
    url = double.url(f"/v1.0/users/{ANNA}/mailFolders/inbox/messages/delta")
    link = pages(http, url)[1]
    double.forget()
    answer = http.get(link)
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "syncStateNotFound")


def test_other_ids_change_with_a_move_and_letters_have_their_case(
    box: GraphMailbox, double: GraphDouble, http: requests.Session
) -> None:
    item = next(box.of(box.known("inbox")))
    url = double.url(f"/v1.0/users/{ANNA}/messages")
    plain = http.get(f"{url}/{item.id}?$select=isRead").json()["id"]
    assert plain != item.id
    assert http.get(f"{url}/{item.id}?$select=isRead", headers=IMMUTABLE).json()["id"] == item.id
    box.move(item, "archive")
    assert http.get(f"{url}/{plain}/$value").status_code == 404
    assert http.get(f"{url}/{item.id}/$value").content == item.mime
    assert len({each.lower() for each in box.items}) == 1


def test_too_many_requests_in_ten_minutes_are_put_off(double: GraphDouble, http: requests.Session) -> None:
    double.use_up(ANNA)
    answer = http.get(double.url(f"/v1.0/users/{ANNA}/mailFolders"))
    assert answer.status_code == 429
    assert 590 < int(answer.headers["Retry-After"]) <= 601


def test_a_fifth_request_at_once_is_refused(double: GraphDouble, http: requests.Session) -> None:
    double.occupy(ANNA, AT_ONCE)
    answer = http.get(double.url(f"/v1.0/users/{ANNA}/mailFolders"))
    assert (answer.status_code, "MailboxConcurrency" in answer.text) == (429, True)


def test_who_has_no_token_or_one_for_others_sees_nothing(
    double: GraphDouble, office: AuthorizationServer, http: requests.Session
) -> None:
    url = double.url(f"/v1.0/users/{ANNA}/mailFolders")
    office.books.clients["app"].mailboxes = set()
    assert http.get(url).json()["error"]["code"] == "ErrorAccessDenied"
    office.books.ahead += 3601
    assert http.get(url).json()["error"]["code"] == "InvalidAuthenticationToken"
    assert http.get(url.replace("anna", "nobody")).status_code == 401
