"""The configuration file of `tests.servers.dovecot.Dovecot`."""

from __future__ import annotations

import grp
import os
import pwd
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers.dovecot import Dovecot


def configuration(server: Dovecot, uid: int, gid: int) -> str:
    """The whole dovecot.conf of a server whose mail belongs to `uid` and `gid`."""
    parts = [
        _base(server),
        _tokens(server),
        _users(server, uid, gid),
        _mail(server),
        _services(server),
        _tls(server),
        _quota(server),
    ]
    return "\n".join(part for part in parts if part)


def _base(server: Dovecot) -> str:
    options = server.options
    lines = [
        f"base_dir = {server.folder}/run",
        f"state_dir = {server.folder}/run",
        f"log_path = {server.folder}/dovecot.log",
        "protocols = imap pop3" if options.pop3 else "protocols = imap",
        f"listen = {server.host}",
        "disable_plaintext_auth = no",
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


def _users(server: Dovecot, uid: int, gid: int) -> str:
    """One passwd-file for each user: Dovecot checks a file that it knows once a second at most, a new one at once."""
    users = f"{server.folder}/users/%u"
    text = f"""
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = passwd-file
  args = {users}
}}
userdb {{
  driver = passwd-file
  args = {users}
  default_fields = uid={uid} gid={gid} home={server.folder}/mail/%u
}}
"""
    if server.options.master is None:
        return text
    return (
        f"""
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  args = {server.folder}/master
  master = yes
  result_success = continue
}}
"""
        + text
    )


def _tokens(server: Dovecot) -> str:
    """Signatures are checked by the server itself, with a key that lies in its folder."""
    if server.options.token_key is None:
        return ""
    settings = server.folder / "oauth2.conf"
    settings.write_text(
        "introspection_mode = local\n"
        f"local_validation_key_dict = fs:posix:prefix={server.folder}/keys/\n"
        "username_attribute = sub\n"
    )
    return f"""
auth_mechanisms = plain oauthbearer xoauth2
passdb {{
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = {settings}
}}
"""


def _mail(server: Dovecot) -> str:
    options = server.options
    layout = ":LAYOUT=fs" if options.storage == "maildir" and options.separator == "/" else ""
    special = "\n".join(
        f'  mailbox "{name}" {{\n    special_use = {use}\n    auto = {options.special_use_auto}\n  }}'
        for name, use in options.special_use.items()
    )
    return f"""
mail_location = {options.storage}:~/Maildir{layout}
namespace inbox {{
  inbox = yes
  separator = {options.separator}
  prefix = {options.prefix}
{special}
}}
"""


def _services(server: Dovecot) -> str:
    """Login processes that each serve many connections, no chroot (needs root), no penalty for failed logins."""
    tls = server.options.certificate is not None
    user = "root" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    login = "  chroot =\n  service_count = 0\n  process_limit = 4"
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


def _tls(server: Dovecot) -> str:
    certificate = server.options.certificate
    if certificate is None:
        return "ssl = no"
    return f"ssl = yes\nssl_cert = <{certificate.chain}\nssl_key = <{certificate.key}"


def _quota(server: Dovecot) -> str:
    storage = server.options.quota_storage
    if storage is None:
        return ""
    largest = server.options.max_mail_size
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
  quota_rule = *:storage={storage}{limit}
}}
"""


def _yes(value: bool) -> str:
    return "yes" if value else "no"
