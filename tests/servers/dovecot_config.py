"""The configuration file of `tests.servers.dovecot.Dovecot`, in the words of Dovecot 2.3 and of 2.4.

2.4 reads nothing that was written for 2.3: https://doc.dovecot.org/2.4.0/installation/upgrade/2.3-to-2.4.html
"""

from __future__ import annotations

import grp
import os
import pwd
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tests.servers.dovecot import Dovecot


class Dialect(Protocol):
    """What one version of Dovecot calls the settings that the other calls otherwise."""

    head: str
    """The first lines of the file."""
    cleartext: str
    """Allows passwords without TLS."""
    endless: str
    """Of a service: its processes serve any number of connections."""
    quota_setting: str
    """The setting that a user's quota is read back from."""
    compress: str
    """Offers COMPRESS=DEFLATE."""

    def quota(self, storage: str) -> str:
        """The value of `quota_setting` for a quota such as `100K`."""

    def users(self, file: str, uid: int, gid: int, home: str) -> str:
        """Passwords and homes from one passwd-file for each user."""

    def master(self, file: str) -> str:
        """Passwords of those who may log in as others."""

    def tokens(self, server: Dovecot) -> str:
        """Access tokens, checked with a key that lies in the server's folder, or by asking who gave them."""

    def mail(self, server: Dovecot) -> str:
        """Where mail lies, and how folders lie in each other."""

    def tls(self, chain: str, key: str) -> str:
        """TLS with this certificate."""

    def quotas(self, storage: str, largest: str | None) -> str:
        """A quota for everybody, and the largest message."""


class Dovecot23:
    """Debian 12."""

    head = ""
    cleartext = "disable_plaintext_auth = no"
    endless = "service_count = 0"
    quota_setting = "quota_rule"
    compress = "protocol imap {\n  mail_plugins = imap_zlib\n}"

    def quota(self, storage: str) -> str:
        return f"*:storage={storage}"

    def users(self, file: str, uid: int, gid: int, home: str) -> str:
        file, home = file.format(user="%u"), home.format(user="%u")
        return f"""
passdb {{
  driver = passwd-file
  args = {file}
}}
userdb {{
  driver = passwd-file
  args = {file}
  default_fields = uid={uid} gid={gid} home={home}
}}
"""

    def master(self, file: str) -> str:
        return f"""
passdb {{
  driver = passwd-file
  args = {file}
  master = yes
  result_success = continue
}}
"""

    def tokens(self, server: Dovecot) -> str:
        settings = server.folder / "oauth2.conf"
        asked = server.options.introspection
        settings.write_text(
            f"introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={server.folder}/keys/\n"
            "username_attribute = sub\n"
            if asked is None
            else f"introspection_mode = post\nintrospection_url = {asked.url}\ntls_ca_cert_file = {asked.ca_file}\n"
            "username_attribute = username\nactive_attribute = active\nactive_value = true\n"
        )
        return f"""
passdb {{
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = {settings}
}}
"""

    def mail(self, server: Dovecot) -> str:
        layout = ":LAYOUT=fs" if _nested(server) else ""
        return f"mail_location = {server.options.storage}:~/Maildir{layout}"

    def tls(self, chain: str, key: str) -> str:
        return f"ssl = yes\nssl_cert = <{chain}\nssl_key = <{key}"

    def quotas(self, storage: str, largest: str | None) -> str:
        limit = f"\n  quota_max_mail_size = {largest}" if largest else ""
        return f"""
mail_plugins = quota
protocol imap {{
  mail_plugins = quota imap_quota
}}
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  quota_grace = 0
  quota_rule = {self.quota(storage)}{limit}
}}
"""


class Dovecot24:
    """Debian 13."""

    head = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0"
    cleartext = "auth_allow_cleartext = yes"
    endless = "restart_request_count = unlimited"
    quota_setting = "quota_storage_size"
    compress = ""

    def quota(self, storage: str) -> str:
        return storage

    def users(self, file: str, uid: int, gid: int, home: str) -> str:
        file, home = file.format(user="%{user}"), home.format(user="%{user}")
        return f"""
passdb passwd-file {{
  passwd_file_path = {file}
}}
userdb passwd-file {{
  passwd_file_path = {file}
  fields {{
    uid:default = {uid}
    gid:default = {gid}
    home:default = {home}
  }}
}}
"""

    def master(self, file: str) -> str:
        return f"""
passdb masters {{
  driver = passwd-file
  passwd_file_path = {file}
  master = yes
  result_success = continue
}}
"""

    def tokens(self, server: Dovecot) -> str:
        if (asked := server.options.introspection) is not None:
            return f"""
oauth2 {{
  introspection_mode = post
  introspection_url = {asked.url}
  ssl_client_ca_file = {asked.ca_file}
  username_attribute = username
  active_attribute = active
  active_value = true
}}
"""
        return f"""
oauth2 {{
  introspection_mode = local
  username_attribute = sub
  oauth2_local_validation {{
    dict fs {{
      fs posix {{
        fs_posix_prefix = {server.folder}/keys/
      }}
    }}
  }}
}}
"""

    def mail(self, server: Dovecot) -> str:
        lines = [f"mail_driver = {server.options.storage}", "mail_path = ~/Maildir", "mailbox_list_drop_noselect = no"]
        if _nested(server):
            lines.append("mailbox_list_layout = fs")
        return "\n".join(lines)

    def tls(self, chain: str, key: str) -> str:
        return f"ssl = yes\nssl_server_cert_file = {chain}\nssl_server_key_file = {key}"

    def quotas(self, storage: str, largest: str | None) -> str:
        limit = f"\nquota_mail_size = {largest}" if largest else ""
        return f"""
mail_plugins {{
  quota = yes
}}
protocol imap {{
  mail_plugins {{
    quota = yes
    imap_quota = yes
  }}
}}
quota_storage_size = {self.quota(storage)}
quota_storage_grace = 0{limit}
quota "User quota" {{
}}
"""


def dialect(version: str) -> Dialect:
    """For what `dovecot --version` says."""
    return Dovecot23() if version.startswith("2.3") else Dovecot24()


def configuration(server: Dovecot, uid: int, gid: int, words: Dialect) -> str:
    """The whole dovecot.conf of a server whose mail belongs to `uid` and `gid`."""
    options = server.options
    parts = [words.head, _base(server, words)]
    if options.token_key is not None or options.introspection is not None:
        parts += ["auth_mechanisms = plain oauthbearer xoauth2", words.tokens(server)]
    parts.append("first_valid_uid = 1\nfirst_valid_gid = 1")
    if options.master is not None:
        parts += ["auth_master_user_separator = *", words.master(f"{server.folder}/master")]
    # Dovecot checks a passwd-file that it knows once a second at most, a new one at once: one for each user.
    parts.append(words.users(f"{server.folder}/users/{{user}}", uid, gid, f"{server.folder}/mail/{{user}}"))
    parts += [words.mail(server), _namespace(server), _services(server, words)]
    certificate = options.certificate
    parts.append(words.tls(str(certificate.chain), str(certificate.key)) if certificate else "ssl = no")
    if options.compress:
        parts.append(words.compress)
    if options.quota_storage is not None:
        parts.append(words.quotas(options.quota_storage, options.max_mail_size))
    return "\n".join(part for part in parts if part)


def _nested(server: Dovecot) -> bool:
    return server.options.storage == "maildir" and server.options.separator == "/"


def _base(server: Dovecot, words: Dialect) -> str:
    options = server.options
    lines = [
        f"base_dir = {server.folder}/run",
        f"state_dir = {server.folder}/run",
        f"log_path = {server.folder}/dovecot.log",
        "protocols = imap pop3" if options.pop3 else "protocols = imap",
        f"listen = {server.host}",
        words.cleartext,
        "auth_failure_delay = 0",
        f"mail_max_userip_connections = {options.max_userip_connections}",
        f"mail_fsync = {options.mail_fsync}",
        f"imap_literal_minus = {_yes(options.literal_minus)}",
        "default_client_limit = 4000",
    ]
    if options.capability is not None:
        lines.append(f"imap_capability = {options.capability}")
    if os.geteuid() != 0:
        user, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
        lines += [
            f"default_internal_user = {user}",
            f"default_internal_group = {group}",
            f"default_login_user = {user}",
        ]
    return "\n".join(lines)


def _namespace(server: Dovecot) -> str:
    options = server.options
    special = "\n".join(
        f'  mailbox "{name}" {{\n    special_use = {use}\n    auto = {options.special_use_auto}\n  }}'
        for name, use in options.special_use.items()
    )
    return f"""
namespace inbox {{
  inbox = yes
  separator = {options.separator}
  prefix = {options.prefix}
{special}
}}
"""


def _services(server: Dovecot, words: Dialect) -> str:
    """Login processes that each serve many connections, no chroot (needs root), no penalty for failed logins."""
    tls = server.options.certificate is not None
    user = "root" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    login = f"  chroot =\n  {words.endless}\n  process_limit = 4"
    text = f"""
service imap-login {{
{login}
  inet_listener imap {{
    port = {server.port}
  }}
  inet_listener imaps {{
    port = {server.tls_port if tls else 0}
  }}
}}
service imap {{
  process_limit = 2000
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  user = {user}
}}
service auth-worker {{
  user = {user}
}}
"""
    if not server.options.pop3:
        return text
    return (
        text
        + f"""
service pop3-login {{
{login}
  inet_listener pop3 {{
    port = {server.pop3_port}
  }}
  inet_listener pop3s {{
    port = {server.pop3_tls_port if tls else 0}
  }}
}}
"""
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"
