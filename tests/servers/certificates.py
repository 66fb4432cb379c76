"""A private CA and server certificates, good and bad, as PEM files."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """A server certificate with its key, as files for a server's configuration."""

    chain: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """For a server that is written in Python."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


@dataclass(frozen=True)
class Certificates:
    """One CA and what servers can hold: `good` is the only one a client that trusts `ca_file` may accept."""

    ca_file: Path
    good: Certificate
    """For 127.0.0.1 and localhost."""
    expired: Certificate
    """Ran out a day ago."""
    wrong_name: Certificate
    """Made for mail.elsewhere.example."""
    self_signed: Certificate
    """For 127.0.0.1, signed by itself and by no CA."""


def make_certificates(folder: Path) -> Certificates:
    """Write a new CA and all certificates into `folder`, keys readable by the owner alone."""
    ca = trustme.CA(organization_name="tui-migrate tests")
    ca_file = folder / "ca.pem"
    ca.cert_pem.write_to_path(str(ca_file))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    expired = ca.issue_cert("127.0.0.1", "localhost", not_before=yesterday - timedelta(days=30), not_after=yesterday)
    return Certificates(
        ca_file=ca_file,
        good=_write(folder / "good", ca.issue_cert("127.0.0.1", "localhost")),
        expired=_write(folder / "expired", expired),
        wrong_name=_write(folder / "wrong_name", ca.issue_cert("mail.elsewhere.example")),
        self_signed=_self_signed(folder / "self_signed"),
    )


def _write(stem: Path, leaf: trustme.LeafCert) -> Certificate:
    chain = b"".join(pem.bytes() for pem in leaf.cert_chain_pems)
    return _write_pem(stem, chain, leaf.private_key_pem.bytes())


def _write_pem(stem: Path, chain: bytes, key: bytes) -> Certificate:
    files = Certificate(chain=stem.with_suffix(".pem"), key=stem.with_suffix(".key"))
    files.chain.write_bytes(chain)
    files.key.touch(mode=0o600)
    files.key.write_bytes(key)
    return files


def _self_signed(stem: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _write_pem(
        stem,
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
