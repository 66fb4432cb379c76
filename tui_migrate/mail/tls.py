"""Certificate policy: verified, always. A private CA may be named; nothing may be switched off."""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_migrate.errors import CannotConnect, CertificateRefused, MailError, TlsTooOld
from tui_migrate.model import NetworkServer, Security

if TYPE_CHECKING:
    from cryptography import x509

_REASONS = {
    9: "is not valid yet",
    10: "has expired",
    18: "is self-signed",
    19: "comes from an authority that this machine does not know (self-signed)",
    20: "comes from an authority that this machine does not know",
    21: "comes without the certificates that lead to a known authority",
    23: "has been revoked",
    62: "is made for another host name",
    64: "is made for another address",
    66: "has a key that is too weak for this machine",
    67: "comes from an authority whose key is too weak for this machine",
    68: "is signed in a way that is too weak for this machine",
}
"""By OpenSSL's X509_V_ERR codes."""
_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
"""What older and newer releases of OpenSSL say to a greeting in plain text."""
_OLD_VERSION = re.compile("PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|WRONG_SSL_VERSION|VERSION_TOO_LOW")
_OLD_CIPHERS = re.compile(
    "HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY|KEY_TOO_SMALL|NO_SHARED_CIPHER|BAD_DH_VALUE|MODULUS_TOO_SMALL|TOO_WEAK"
    "|WRONG_SIGNATURE_TYPE|LEGACY_SIGALG|LEGACY_RENEGOTIATION|UNSUPPORTED_ELLIPTIC_CURVE|WRONG_CURVE"
)
"""Parts of OpenSSL's reasons; releases put different words before them."""
_NO_TLS = "{} does not speak TLS as expected."


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server's certificate says of itself."""

    subject: str
    """The names that it is made for, the first ones."""
    issuer: str
    expires_at: float
    """Epoch seconds."""


def context(server: NetworkServer) -> ssl.SSLContext:
    """A verifying client context. Raises CertificateRefused when the private CA file cannot be read."""
    made = ssl.create_default_context()
    if server.ca_file:
        try:
            made.load_verify_locations(cafile=server.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise CertificateRefused(f"The private CA in {server.ca_file} cannot be read: {error}.") from error
    return made


def wrapped(sock: socket.socket, server: NetworkServer) -> ssl.SSLSocket:
    """TLS over this connection, which is closed where that fails. Raises what the handshake does: see `translate`."""
    try:
        return context(server).wrap_socket(sock, server_hostname=server.host)
    except BaseException:
        sock.close()
        raise


def describe(der: bytes) -> Certificate | None:
    """What a certificate says of itself; None when it cannot be read, which trust does not hang on."""
    from cryptography import x509  # as much to import as all that speaks IMAP, and only for people's eyes

    try:
        read = x509.load_der_x509_certificate(der)
        names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        made_for = [str(name.value) for name in names]
    except x509.ExtensionNotFound:
        made_for = []
    except ValueError:
        return None
    return Certificate(
        subject=", ".join(made_for[:4]) + (" …" if len(made_for) > 4 else "") or _common_name(read.subject),
        issuer=_common_name(read.issuer),
        expires_at=read.not_valid_after_utc.timestamp(),
    )


def refused_certificate(sock: socket.socket, server: NetworkServer) -> Certificate | None:
    """The certificate of a server that was refused for it, to be shown to the admin; None when it shows none now.

    The one handshake without verification. Nothing is ever sent on it, and the socket is closed.
    """
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    with sock:
        try:
            with unverified.wrap_socket(sock, server_hostname=server.host) as encrypted:
                der = encrypted.getpeercert(binary_form=True)
            return describe(der) if der else None
        except OSError:  # an SSLError is one
            return None


def _common_name(name: x509.Name) -> str:
    """How people call it: the common name, or the organisation, or all of it."""
    from cryptography.x509.oid import NameOID

    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := name.get_attributes_for_oid(oid):
            return str(found[0].value)
    return name.rfc4514_string()


def refuse_clear_text(ahead: bytes, server: NetworkServer) -> None:
    """Raises CannotConnect where the server, or somebody in between, goes on in the clear behind its OK to STARTTLS.

    What was read ahead is nobody's word (RFC 9051 section 11.1), and taken out of the handshake it would leave both
    sides waiting for each other.
    """
    if ahead:
        words = ahead.partition(b"\n")[0].decode("utf-8", "backslashreplace").strip()
        raise CannotConnect(_NO_TLS.format(f"{server.host} port {server.port}"), server_words=words)


def translate(error: ssl.SSLError, server: NetworkServer) -> MailError:
    """Why a TLS handshake failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = _REASONS.get(error.verify_code, f"is not to be trusted ({error.verify_message})")
        return CertificateRefused(f"The certificate of {server.host} {reason}.", server_words=error.verify_message)
    where = f"{server.host} port {server.port}"
    reason = error.reason or ""
    words = reason or str(error)
    if _OLD_VERSION.search(reason):
        sentence = f"{where} speaks only versions of TLS that are too old for this machine."
        return TlsTooOld(sentence, server_words=words)
    if _OLD_CIPHERS.search(reason):
        sentence = f"{where} and this machine have no cipher in common: those of the server are too old or too weak."
        return TlsTooOld(sentence, server_words=words)
    if reason in _NOT_TLS and server.security is Security.TLS:
        sentence = f"{where} answers without encryption: use STARTTLS on this port, or the server's port for TLS."
    else:
        sentence = _NO_TLS.format(where)
    return CannotConnect(sentence, server_words=words)


def openssl() -> str:
    """The version of the library that does the encryption."""
    return ssl.OPENSSL_VERSION
