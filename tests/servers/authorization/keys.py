"""RSA keys with a certificate of their own, as apps sign their assertions with."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from joserfc.jwk import RSAKey


@dataclass(frozen=True)
class SigningKey:
    """What an app signs with. The server looks at the public half alone."""

    key_pem: str
    certificate_pem: str
    x5t: str
    """The certificate's SHA-1 in base64url (RFC 7515 section 4.1.7)."""
    x5t_s256: str
    """Its SHA-256 (section 4.1.8)."""

    @property
    def pem(self) -> str:
        """Key and certificate in one file, as an admin keeps them."""
        return self.key_pem + self.certificate_pem

    @property
    def sha1(self) -> str:
        """In hex, as portals and clients name a certificate."""
        return urlsafe_b64decode(self.x5t + "=").hex().upper()

    @property
    def kid(self) -> str:
        """What Google calls it."""
        return self.x5t_s256[:40]

    @property
    def public(self) -> RSAKey:
        """To check signatures with."""
        certificate = x509.load_pem_x509_certificate(self.certificate_pem.encode())
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return RSAKey.import_key(certificate.public_key().public_bytes(encoding, form))

    def service_account(self, email: str, token_url: str, *, client_id: str = "100200300") -> str:
        """The JSON file that Google gives an admin for a service account."""
        fields: dict[str, Any] = {
            "type": "service_account",
            "project_id": "moving",
            "private_key_id": self.kid,
            "private_key": self.key_pem,
            "client_email": email,
            "client_id": client_id,
            "token_uri": token_url,
        }
        return json.dumps(fields)


@cache
def signing_key(name: str) -> SigningKey:
    """The same one for each name, for as long as the tests run: a key takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return SigningKey(
        key.private_bytes(serialization.Encoding.PEM, form, plain).decode(),
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        _text(certificate.fingerprint(hashes.SHA1())),
        _text(certificate.fingerprint(hashes.SHA256())),
    )


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
