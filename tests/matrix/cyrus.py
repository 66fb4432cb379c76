"""Cyrus IMAP, with either hierarchy separator."""

from __future__ import annotations

import imaplib
from dataclasses import asdict

from tests.matrix.jail import Jail
from tests.matrix.server import PASSWORD, Ground, Ports
from tests.servers.ports import HOST

PACKAGES = ("cyrus-imapd", "cyrus-pop3d", "sasl2-bin")
_ADMIN = "cyrus"

_START = """
echo 'cyrus:x:980:8::/var/spool/cyrus:/bin/sh' >> /etc/passwd
cat > /etc/imapd.conf <<END
configdirectory: {folder}/conf
proc_path: {folder}/run/proc
mboxname_lockpath: {folder}/run/lock
partition-default: {folder}/mail
altnamespace: {unix}
unixhierarchysep: {unix}
admins: cyrus
servername: localhost
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb2
sasl_mech_list: PLAIN
allowplaintext: yes
tls_server_cert: {folder}/server.pem
tls_server_key: {folder}/server.key
idlesocket: {folder}/run/idle
notifysocket: {folder}/run/notify
lmtpsocket: {folder}/run/lmtp
sync_log: no
duplicatesuppression: no
popminpoll: 0
skiplist_unsafe: yes
END
cat > /etc/cyrus.conf <<END
START {{
    recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -r"
}}
SERVICES {{
    imap cmd="/usr/lib/cyrus/bin/imapd" listen="{host}:{imap}" prefork=0
    imaps cmd="/usr/lib/cyrus/bin/imapd -s" listen="{host}:{imaps}" prefork=0
    pop3 cmd="/usr/lib/cyrus/bin/pop3d" listen="{host}:{pop3}" prefork=0
}}
EVENTS {{
    checkpoint cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -c" period=3000
}}
END
mkdir -p {folder}/conf {folder}/run/proc {folder}/run/lock {folder}/mail
for user in {users}; do
    echo {password} | saslpasswd2 -p -c -f {folder}/sasldb2 -u localhost $user
done
chown -R cyrus:mail {folder}/conf {folder}/run {folder}/mail {folder}/sasldb2 {folder}/server.key
exec /usr/lib/cyrus/bin/master -p {folder}/run/master.pid
"""


class Cyrus:
    """One server with these users."""

    def __init__(self, name: str, ground: Ground, *, unix: bool) -> None:
        """`unix`: `/` separates, and folders stand beside INBOX; else `.`, and they stand below it."""
        self.name = name
        self.ports = Ports.free()
        self._users = ground.users
        self._separator = "/" if unix else "."
        ground.files()
        start = _START.format(
            folder=ground.folder,
            users=" ".join((_ADMIN, *ground.users)),
            password=PASSWORD,
            host=HOST,
            unix="yes" if unix else "no",
            **asdict(self.ports),
        )
        self._jail = Jail(ground.folder, ground.packages, start)

    def start(self) -> None:
        """Start, and make the mailboxes. Raises: RuntimeError."""
        self._jail.start([self.ports.imap])
        with imaplib.IMAP4(HOST, self.ports.imap) as admin:
            admin.login(_ADMIN, PASSWORD)
            for user in self._users:
                admin.create(f"user{self._separator}{user}")

    def stop(self) -> None:
        """End it."""
        self._jail.stop()

    def maildir(self, user: str) -> None:
        """Cyrus keeps its mail in files of its own."""
