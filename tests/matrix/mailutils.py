"""GNU mailutils' imap4d."""

from __future__ import annotations

from dataclasses import asdict

from tests.matrix.jail import Jail
from tests.matrix.server import PASSWORD, Ground, Ports
from tests.servers.ports import HOST

PACKAGES = ("mailutils-imap4d",)

_START = """
password=$(openssl passwd -6 {password})
id=20000
mkdir -p {folder}/mail {folder}/spool
for user in {users}; do
    mkdir {folder}/mail/$user
    touch {folder}/spool/$user
    echo "$user:x:$id:8::{folder}/mail/$user:/bin/sh" >> /etc/passwd
    echo "$user:$password:19000::::::" >> /etc/shadow
    chown -R $id:8 {folder}/mail/$user {folder}/spool/$user
    id=$((id + 1))
done
chmod 1777 {folder}/spool
cat > {folder}/imap4d.conf <<END
mode daemon;
foreground yes;
pidfile {folder}/pid;
server {host}:{imap} {{
}};
auth {{
  authentication generic:system;
  authorization generic:system;
}};
mailbox {{
  mail-spool "{folder}/spool";
  mailbox-type mbox;
}};
END
exec /usr/sbin/imap4d --no-site-config --config-file={folder}/imap4d.conf --foreground --daemon=40
"""


class Mailutils:
    """One server with these users, which are users of the system that it sees."""

    def __init__(self, name: str, ground: Ground) -> None:
        self.name = name
        self.ports = Ports.free()
        words = {"folder": ground.folder, "users": " ".join(ground.users), "password": PASSWORD, "host": HOST}
        self._jail = Jail(ground.folder, ground.packages, _START.format(**words, **asdict(self.ports)))

    def start(self) -> None:
        """Start. Raises: RuntimeError."""
        self._jail.start([self.ports.imap])

    def stop(self) -> None:
        """End it."""
        self._jail.stop()

    def maildir(self, user: str) -> None:
        """Its Maildirs are of its own kind."""
