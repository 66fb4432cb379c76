"""Debian's DavMail as a program: an IMAP server on loopback that reads from Exchange Web Services what it shows."""

from __future__ import annotations

import contextlib
import imaplib
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509 import load_pem_x509_certificate

from tests.servers.ports import HOST, free_port

_PROGRAM = Path("/usr/share/davmail/davmail.jar")
_WORD = "changeit"
_SETTINGS = {
    "davmail.server": "true",
    "davmail.mode": "EWS",
    "davmail.bindAddress": HOST,
    "davmail.allowRemote": "false",
    "davmail.disableUpdateCheck": "true",
    **dict.fromkeys((f"davmail.{kind}Port" for kind in ("pop", "smtp", "caldav", "ldap")), ""),
}


def must_be_installed() -> None:
    """Skip the test where it is not."""
    if shutil.which("java") is None or not _PROGRAM.is_file():
        pytest.skip("DavMail is not installed (Debian: apt-get install davmail)")


class DavMail:
    """The running program. `url`: of Exchange Web Services."""

    def __init__(self, url: str, ca_file: Path, folder: Path) -> None:
        self.port = free_port()
        self.log = folder / "davmail.log"
        trusted = pkcs12.PKCS12Certificate(load_pem_x509_certificate(ca_file.read_bytes()), b"ca")
        store = folder / "trusted.p12"
        store.write_bytes(pkcs12.serialize_java_truststore([trusted], BestAvailableEncryption(_WORD.encode())))
        settings = {
            **_SETTINGS,
            "davmail.url": url,
            "davmail.imapPort": str(self.port),
            "davmail.logFilePath": str(self.log),
        }
        file = folder / "davmail.properties"
        file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        trust = [f"-Djavax.net.ssl.trustStore={store}", f"-Djavax.net.ssl.trustStorePassword={_WORD}"]
        quick = ["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m"]
        with (folder / "davmail.out").open("w") as out:
            self.process = subprocess.Popen(
                ["java", *quick, *trust, "-jar", str(_PROGRAM), str(file)],
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "HOME": str(folder)},
            )

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()

    def connect(self, user: str, password: str, *, patience: float = 60.0) -> imaplib.IMAP4:
        """A connection that is logged in. Raises OSError when it does not listen after so many seconds."""
        until = time.monotonic() + patience
        while True:
            try:
                client = imaplib.IMAP4(HOST, self.port)
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise
                threading.Event().wait(0.05)
        try:
            client.login(user, password)
        except BaseException:
            client.shutdown()
            raise
        return client


@contextlib.contextmanager
def davmail(url: str, ca_file: Path, folder: Path) -> Iterator[DavMail]:
    """It runs while the block lasts."""
    program = DavMail(url, ca_file, folder)
    try:
        yield program
    finally:
        program.stop()
