"""The nouns of a migration, as frozen values in the words an admin reads.

Nothing here knows a protocol, a database or a screen: every floor of the house may import this module, and it imports
the standard library alone.
"""

from tui_migrate.model.check import Check, CheckItem, CheckResult, Load, Verdict
from tui_migrate.model.failures import Failure, NewFailure
from tui_migrate.model.fingerprint import Fingerprint, Signs
from tui_migrate.model.kinds import KINDS, Kind, Side, Traits, kinds_of, server_settings
from tui_migrate.model.kinds.ews import EwsServer
from tui_migrate.model.kinds.graph import GraphServer
from tui_migrate.model.kinds.imap import ImapServer
from tui_migrate.model.kinds.pop import PopServer
from tui_migrate.model.lessons import Learned, Lesson
from tui_migrate.model.lines import AccountLine
from tui_migrate.model.logins import AdminLogin, Login, LoginKind, ProxyLogin
from tui_migrate.model.notices import (
    DEFAULT_SUBJECT,
    DEFAULT_TEXT,
    PLACEHOLDERS,
    Notice,
    NoticeKind,
    NoticeState,
)
from tui_migrate.model.pace import Pace, Stretch, Wait, Way
from tui_migrate.model.presence import as_it_is
from tui_migrate.model.progress import (
    ENDED_STATES,
    HELD_STATES,
    Account,
    AccountState,
    Counts,
    EngineStatus,
    Event,
    FolderProgress,
    LeftOut,
    LeftOutMail,
    LeftOutMessages,
    MigrationOverview,
    Moved,
    Pass,
    PassTotals,
    Scope,
    ServerUse,
    TooLarge,
)
from tui_migrate.model.remarks import Remark, RemarkKind
from tui_migrate.model.secret import Secret
from tui_migrate.model.servers import Blackout, NetworkServer, Security, Server, SmtpServer
from tui_migrate.model.settings import (
    AccountSpec,
    FolderRule,
    Migration,
    MigrationSpec,
    NoticeSettings,
    Schedule,
    Selection,
    Wanted,
)
from tui_migrate.model.tokens import TokenLogin

__all__ = [
    "DEFAULT_SUBJECT",
    "DEFAULT_TEXT",
    "ENDED_STATES",
    "HELD_STATES",
    "KINDS",
    "PLACEHOLDERS",
    "Account",
    "AccountLine",
    "AccountSpec",
    "AccountState",
    "AdminLogin",
    "Blackout",
    "Check",
    "CheckItem",
    "CheckResult",
    "Counts",
    "EngineStatus",
    "Event",
    "EwsServer",
    "Failure",
    "Fingerprint",
    "FolderProgress",
    "FolderRule",
    "GraphServer",
    "ImapServer",
    "Kind",
    "Learned",
    "LeftOut",
    "LeftOutMail",
    "LeftOutMessages",
    "Lesson",
    "Load",
    "Login",
    "LoginKind",
    "Migration",
    "MigrationOverview",
    "MigrationSpec",
    "Moved",
    "NetworkServer",
    "NewFailure",
    "Notice",
    "NoticeKind",
    "NoticeSettings",
    "NoticeState",
    "Pace",
    "Pass",
    "PassTotals",
    "PopServer",
    "ProxyLogin",
    "Remark",
    "RemarkKind",
    "Schedule",
    "Scope",
    "Secret",
    "Security",
    "Selection",
    "Server",
    "ServerUse",
    "Side",
    "Signs",
    "SmtpServer",
    "Stretch",
    "TokenLogin",
    "TooLarge",
    "Traits",
    "Verdict",
    "Wait",
    "Wanted",
    "Way",
    "as_it_is",
    "kinds_of",
    "server_settings",
]
