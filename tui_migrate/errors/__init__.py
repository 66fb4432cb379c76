"""Everything that can go wrong, as one tree. Translated once, at the bottom (mail/, store/, config/),
shown as it is at the top.

MigrateError                 an error an admin can read
├── BadInput                 a file or a form is wrong; carries every mistake with its place
├── StoreUnusable            the database cannot be opened or written
├── LockHeld                 another engine works on this store
├── NotFound                 no such migration or account
├── NotStorable              a value that the store does not take
├── StillRunning             not while it is being copied
└── MailError                a mail server said or did something
    ├── CannotConnect        unknown host, refused, unreachable, timed out before the greeting     server   retry
    │   ├── TlsTooOld        no version of TLS or no cipher in common                              server   retry
    │   ├── ProxyUnreachable    no connection to the proxy that is to lead there                   server   retry
    │   ├── ProxyLoginRefused   the proxy does not accept the login, or wants one                  server
    │   ├── ProxyForbids        the proxy is not allowed to lead there                             server   retry
    │   └── UnreachableByProxy  the proxy does not get through                                     server   retry
    ├── CertificateRefused   self-signed, expired, wrong name, unknown issuer                      server
    ├── StartTlsMissing      STARTTLS wanted and not offered                                       server
    ├── LoginRefused         the server does not accept this login                                 account
    │   ├── AdminRefused     … of the admin for this mailbox                                       account
    │   ├── TokenRefused     … with the token that the command gave                                account
    │   ├── MailboxNotConnected  … and says that it is known, but not for this mailbox            account
    │   └── PasswordLost     the stored password does not open                                     account
    │       ├── AdminPasswordLost  … of the login for all mailboxes                                account
    │       └── ProxyPasswordLost  … of the login at a proxy                                           account
    ├── LoginTrouble         the server cannot log in anybody, for a reason of its own                account  retry
    ├── NoToken              the token command cannot be run, or prints none                       account
    │   ├── TokenCommandFailed  it failed, or took too long: the network may be behind it          account  retry
    │   └── TokenDenied      the provider gives no token                                           account
    │       └── SignInNeeded  … because nobody has signed in, or what was allowed then has ended     account
    ├── Disconnected         the connection ended                                                  account  retry
    │   ├── Stalled          … because the server said nothing for too long                        account  retry
    │   ├── Unpipelined      … because the server takes one command at a time                       account  retry
    │   └── Contradicted     a folder is told to be another one in two places                      folder   retry
    ├── TooManyConnections   the server's ceiling is below ours                                    server   retry
    ├── Throttled            the server asks for a pause; carries seconds                          account  retry
    │   ├── DayUsedUp        the account's bytes of a day are used up                              account  retry
    │   ├── MailboxInUse     another session has the POP mailbox open                              account  retry
    │   └── TokenDelayed     the provider gives no tokens now                                      account  retry
    ├── OverQuota            the destination mailbox is full                                       account
    │   └── DiskFull            … because its disk is                                               account
    ├── WouldNotFit          the destination mailbox has not the room for all                      account
    ├── CommandRefused       NO or BAD to a command that was about no message                      folder
    │   └── FolderNotMade    … to CREATE                                                           folder
    │       └── NameRefused  … because of the folder's name                                        folder
    ├── MessageRefused       NO or BAD to one message                                              message
    ├── Poisoned             BAD behind a non-synchronising literal: the connection must not live  account  retry
    ├── ListingDoubted       folders that the server lists, or may have, and that we cannot make out      folder
    ├── ArrivedTwice         mail that was in doubt and sent again, and then the first arrived too             folder
    ├── MailboxChanged       UIDVALIDITY is another one: what we knew of the folder is void        folder
    ├── NoticeRefused        the SMTP server does not take a mail to a user                         message
    │   └── NoticeDelayed    … not now                                                             message  retry
    ├── NoticeInDoubt        the SMTP server took a mail to a user, or did not: no answer came     message
    ├── ProtocolViolation    a reply that no RFC allows                                            account  retry
    ├── MessageEndsConnections  … at this message, also alone                                      message
    ├── FolderEndsConnections   … at this folder                                                   folder
    ├── NotOpened            nothing of a mailbox of files can be read                              account
    │   ├── FilesMissing     … there is none at its path                                            account
    │   ├── PathRefused      … its path leads out of the folder of all                              account
    │   └── FileDamaged      … what all else hangs on is damaged                                    account
    ├── FolderDamaged        what lists a folder's messages cannot be read                          folder
    │   └── FolderUnreadable    … because the system does not let us                                folder
    ├── MessageDamaged       a message cannot be read out of its file                               message
    │   └── MessageUnreadable   … because the system does not let us                                message
    ├── MessageEndsReading   each process that read a file ended at this message                message
    ├── FolderEndsReading    … at this folder                                                   folder
    ├── FileChanged          a file was written to while it was read                                account  retry
    ├── NotWritable          the system does not let us write where a mailbox lies                  account
    └── InternalFault        ours, and of this account alone                                       account
"""

from tui_migrate.errors.base import (
    BadInput,
    InternalFault,
    LockHeld,
    MailError,
    MigrateError,
    NotFound,
    NotStorable,
    Outlook,
    Problem,
    StillRunning,
    StoreUnusable,
)
from tui_migrate.errors.connections import (
    CannotConnect,
    CertificateRefused,
    DayUsedUp,
    Disconnected,
    MailboxInUse,
    ProtocolViolation,
    Stalled,
    StartTlsMissing,
    Throttled,
    TlsTooOld,
    TokenDelayed,
    TooManyConnections,
    Unpipelined,
    fit_to_share,
    raw,
    unquoted,
    without_raw,
)
from tui_migrate.errors.files import (
    DiskFull,
    FileChanged,
    FileDamaged,
    FilesMissing,
    FolderDamaged,
    FolderEndsReading,
    FolderUnreadable,
    MessageDamaged,
    MessageEndsReading,
    MessageUnreadable,
    NotOpened,
    NotWritable,
    PathRefused,
    ReaderEnded,
)
from tui_migrate.errors.logins import (
    AdminPasswordLost,
    AdminRefused,
    LoginRefused,
    LoginTrouble,
    MailboxNotConnected,
    NoToken,
    PasswordLost,
    ProxyPasswordLost,
    SignInNeeded,
    TokenCommandFailed,
    TokenDenied,
    TokenRefused,
)
from tui_migrate.errors.mail import (
    ArrivedTwice,
    CommandRefused,
    Contradicted,
    FolderEndsConnections,
    FolderNotMade,
    ListingDoubted,
    MailboxChanged,
    MessageEndsConnections,
    MessageRefused,
    NameRefused,
    OverQuota,
    Poisoned,
    WouldNotFit,
)
from tui_migrate.errors.notices import (
    NoticeDelayed,
    NoticeInDoubt,
    NoticeRefused,
)
from tui_migrate.errors.proxies import (
    ProxyForbids,
    ProxyLoginRefused,
    ProxyUnreachable,
    UnreachableByProxy,
)
from tui_migrate.errors.said import quoted, said

__all__ = [
    "AdminPasswordLost",
    "AdminRefused",
    "ArrivedTwice",
    "BadInput",
    "CannotConnect",
    "CertificateRefused",
    "CommandRefused",
    "Contradicted",
    "DayUsedUp",
    "Disconnected",
    "DiskFull",
    "FileChanged",
    "FileDamaged",
    "FilesMissing",
    "FolderDamaged",
    "FolderEndsConnections",
    "FolderEndsReading",
    "FolderNotMade",
    "FolderUnreadable",
    "InternalFault",
    "ListingDoubted",
    "LockHeld",
    "LoginRefused",
    "LoginTrouble",
    "MailError",
    "MailboxChanged",
    "MailboxInUse",
    "MailboxNotConnected",
    "MessageDamaged",
    "MessageEndsConnections",
    "MessageEndsReading",
    "MessageRefused",
    "MessageUnreadable",
    "MigrateError",
    "NameRefused",
    "NoToken",
    "NotFound",
    "NotOpened",
    "NotStorable",
    "NotWritable",
    "NoticeDelayed",
    "NoticeInDoubt",
    "NoticeRefused",
    "Outlook",
    "OverQuota",
    "PasswordLost",
    "PathRefused",
    "Poisoned",
    "Problem",
    "ProtocolViolation",
    "ProxyForbids",
    "ProxyLoginRefused",
    "ProxyPasswordLost",
    "ProxyUnreachable",
    "ReaderEnded",
    "SignInNeeded",
    "Stalled",
    "StartTlsMissing",
    "StillRunning",
    "StoreUnusable",
    "Throttled",
    "TlsTooOld",
    "TokenCommandFailed",
    "TokenDelayed",
    "TokenDenied",
    "TokenRefused",
    "TooManyConnections",
    "Unpipelined",
    "UnreachableByProxy",
    "WouldNotFit",
    "fit_to_share",
    "quoted",
    "raw",
    "said",
    "unquoted",
    "without_raw",
]
