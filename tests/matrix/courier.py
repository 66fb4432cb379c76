"""Courier IMAP and POP3, on Maildirs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from tests.matrix.jail import Jail
from tests.matrix.server import PASSWORD, Ground, Ports
from tests.servers.ports import HOST

PACKAGES = ("courier-imap", "courier-pop")
NOBODY, NOGROUP = 65534, 65534

# The programs are those of /usr/lib/courier/imapd and pop3d, without their daemons' loggers.
_START = """
echo 'courier:x:981:981::/var/lib/courier:/bin/sh' >> /etc/passwd
echo 'courier:x:981:' >> /etc/group
cat {folder}/server.key {folder}/server.pem > {folder}/both.pem
openssl dhparam -dsaparam -out {folder}/dh.pem 1024 2>/dev/null
mkdir -p /run/courier/authdaemon /etc/courier /etc/courier/shared
chown -R courier:courier /run/courier {folder}/both.pem
password=$(echo {password} | userdbpw -md5)
for user in {users}; do
    home={folder}/mail/$user
    maildirmake.courier $home/Maildir
    printf '%s\\tuid=65534|gid=65534|home=%s|mail=%s/Maildir|systempw=%s\\n' $user $home $home "$password"
done > /etc/courier/userdb
chown -R 65534:65534 {folder}/mail
chmod 700 /etc/courier/userdb
chmod 600 /etc/courier/userdb
makeuserdb
sed -i 's/^authmodulelist=.*/authmodulelist="authuserdb"/' /etc/courier/authdaemonrc
/usr/lib/courier/courier-authlib/authdaemond &
set +u -a
for file in imapd-ssl imapd pop3d-ssl pop3d; do . /etc/courier/$file; done
TLS_CERTFILE={folder}/both.pem TLS_DHPARAMS={folder}/dh.pem TLS_CACHEFILE= COURIERTLS=/usr/bin/couriertls
PROXY_HOSTNAME= IMAP_STARTTLS=YES POP3_STARTTLS=YES
serve() {{
    port=$1
    shift
    couriertcpd -address={host} -maxprocs=80 -maxperip=80 -nodnslookup -noidentlookup $port "$@" &
}}
serve {imap} /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir
(IMAP_TLS=1; serve {imaps} /usr/bin/couriertls -server -tcpd \
    /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir)
serve {pop3} /usr/lib/courier/courier/courierpop3login /usr/lib/courier/courier/courierpop3d Maildir
set -u +a
exec sleep infinity
"""


class Courier:
    """One server with these users."""

    def __init__(self, name: str, ground: Ground) -> None:
        self.name = name
        self.ports = Ports.free()
        self._mail = ground.folder / "mail"
        for user in ground.users:
            (self._mail / user).mkdir(parents=True)
        ground.files()
        start = _START.format(
            folder=ground.folder, users=" ".join(ground.users), password=PASSWORD, host=HOST, **asdict(self.ports)
        )
        self._jail = Jail(ground.folder, ground.packages, start)

    def start(self) -> None:
        """Start. Raises: RuntimeError."""
        self._jail.start([self.ports.imap, self.ports.imaps, self.ports.pop3])

    def stop(self) -> None:
        """End it."""
        self._jail.stop()

    def maildir(self, user: str) -> Path:
        """The user's own."""
        return self._mail / user / "Maildir"
