"""What is written for either version of Dovecot, of which one machine has one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.certificates import Certificates
from tests.servers.dovecot import Dovecot, DovecotOptions, Introspection
from tests.servers.dovecot_config import configuration, dialect

OLD = {
    "disable_plaintext_auth", "service_count", "args", "default_fields", "mechanisms", "mail_location",
    "ssl_cert", "ssl_key", "quota_vsizes", "quota_grace", "quota_rule", "quota_max_mail_size",
}  # fmt: skip
"""Settings that the one version alone knows."""
NEW = {
    "dovecot_config_version", "dovecot_storage_version", "auth_allow_cleartext", "restart_request_count",
    "passwd_file_path", "mail_driver", "mail_path", "mailbox_list_layout", "mailbox_list_drop_noselect",
    "ssl_server_cert_file", "ssl_server_key_file", "quota_storage_size", "quota_storage_grace", "quota_mail_size",
}  # fmt: skip


@pytest.fixture
def server(certificates: Certificates) -> Iterator[Dovecot]:
    """One with everything, that is not started."""
    options = DovecotOptions(
        certificate=certificates.good,
        pop3=True,
        quota_storage="100K",
        max_mail_size="20K",
        special_use={"Verzonden post": "\\Sent"},
        master=("admin", "secret"),
        token_key="key",
    )
    server = Dovecot(options)
    yield server
    server.close()


def settings(text: str) -> set[str]:
    return set(re.findall(r"^ *([\w:]+) =", text, re.M))


@pytest.mark.parametrize(("version", "own", "others"), [("2.3.19.1 (9b53102964)", OLD, NEW), ("2.4.1-4", NEW, OLD)])
def test_each_version_reads_its_own_settings(server: Dovecot, version: str, own: set[str], others: set[str]) -> None:
    text = configuration(server, 65534, 65534, dialect(version))
    assert text.count("{") == text.count("}")
    assert not re.search(r"[{}]{2}", text)
    for line in text.splitlines():
        assert re.fullmatch(r" *(|}|[\w:]+ =.*|\w+( [\w-]+| \"[\w ]+\")? {)", line), line
    assert settings(text) & (own | others) == own


def test_what_2_4_wants_first_comes_first(server: Dovecot) -> None:
    text = configuration(server, 65534, 65534, dialect("2.4.1"))
    assert re.match(r"dovecot_config_version = 2\.4\.\d+\ndovecot_storage_version = 2\.4\.\d+\n", text)
    assert "%u" not in text
    assert "passdb {" not in text
    assert f"passwd_file_path = {server.folder}/users/%{{user}}\n" in text
    assert f"home:default = {server.folder}/mail/%{{user}}\n" in text


@pytest.mark.parametrize("version", ["2.3.19", "2.4.1"])
def test_a_plain_server_is_told_nothing_of_what_it_has_not(version: str, tmp_path: Path) -> None:
    server = Dovecot(DovecotOptions(root=tmp_path))
    text = configuration(server, 65534, 65534, dialect(version))
    server.close()
    assert "ssl = no\n" in text + "\n"
    assert not re.search("quota|oauth|token|master|pop3", text)


@pytest.mark.parametrize("version", ["2.3.19", "2.4.1"])
def test_it_may_ask_who_gave_a_token(version: str, tmp_path: Path) -> None:
    asked = Introspection("https://imap:word@127.0.0.1:1/introspect", tmp_path / "ca.pem")
    server = Dovecot(DovecotOptions(root=tmp_path, introspection=asked))
    text = configuration(server, 65534, 65534, dialect(version))
    if version == "2.3.19":
        text += (server.folder / "oauth2.conf").read_text()
    server.close()
    assert "auth_mechanisms = plain oauthbearer xoauth2\n" in text
    assert f"introspection_url = {asked.url}\n" in text
    assert f"ca_file = {asked.ca_file}\n" in text.replace("tls_ca_cert_file", "ca_file")
    assert not re.search(r"local|[{}]{2}", text)
