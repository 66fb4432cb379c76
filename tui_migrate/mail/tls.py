"""Certificate policy: verified, always. A private CA may be named; nothing may be switched off."""

from __future__ import annotations

import ssl

from tui_migrate.errors import CannotConnect, CertificateRefused, MailError
from tui_migrate.model import Server

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
}
"""By OpenSSL's X509_V_ERR codes."""


def context(server: Server) -> ssl.SSLContext:
    """A verifying client context. Raises CertificateRefused when the private CA file cannot be read."""
    made = ssl.create_default_context()
    if server.ca_file:
        try:
            made.load_verify_locations(cafile=server.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise CertificateRefused(f"The private CA in {server.ca_file} cannot be read: {error}.") from error
    return made


def translate(error: ssl.SSLError, server: Server) -> MailError:
    """Why a TLS handshake failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = _REASONS.get(error.verify_code, f"is not to be trusted ({error.verify_message})")
        return CertificateRefused(f"The certificate of {server.host} {reason}.", server_words=error.verify_message)
    return CannotConnect(
        f"{server.host} port {server.port} does not speak TLS as expected.", server_words=str(error.reason or error)
    )
