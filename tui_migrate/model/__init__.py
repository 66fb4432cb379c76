"""The nouns of a migration, as frozen values in the words an admin reads.

Nothing here knows a protocol, a database or a screen: every floor of the house may import this module, and it imports
the standard library alone.
"""

from tui_migrate.model.progress import (
    ENDED_STATES,
    Account,
    AccountState,
    Counts,
    EngineStatus,
    Event,
    Failure,
    Fingerprint,
    FolderProgress,
    MigrationOverview,
    Pace,
    Scope,
    Stretch,
    Wait,
)
from tui_migrate.model.settings import (
    DEFAULT_PORTS,
    AccountSpec,
    AdminLogin,
    FolderRule,
    Login,
    Migration,
    MigrationSpec,
    Protocol,
    Secret,
    Security,
    Server,
    Wanted,
)

__all__ = [
    "DEFAULT_PORTS",
    "ENDED_STATES",
    "Account",
    "AccountSpec",
    "AccountState",
    "AdminLogin",
    "Counts",
    "EngineStatus",
    "Event",
    "Failure",
    "Fingerprint",
    "FolderProgress",
    "FolderRule",
    "Login",
    "Migration",
    "MigrationOverview",
    "MigrationSpec",
    "Pace",
    "Protocol",
    "Scope",
    "Secret",
    "Security",
    "Server",
    "Stretch",
    "Wait",
    "Wanted",
]
