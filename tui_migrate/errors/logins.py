"""Why nobody is logged in."""

from __future__ import annotations

from tui_migrate.errors.base import MailError, Outlook
from tui_migrate.model import Scope


class LoginRefused(MailError):
    """The server does not accept this login."""

    kind = "login refused"
    advice = "Correct the user or the password; some providers want an app password."
    asks = "give its new password, and it goes on by itself."

    def __init__(self, sentence: str, *, server_words: str = "", command: str = "", clear: bool = True) -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.clear = clear
        """False where the server has not said that the login is wrong: it may be in trouble itself."""

    def advise(self, outlook: Outlook, scope: Scope | None = None) -> str:
        """The password is not blamed where the server does not."""
        said = super().advise(outlook, scope)
        return said if self.clear else f"The server gives no reason: the problem may be its own. {said}"


class AdminRefused(LoginRefused):
    """The server does not accept the admin's login for this mailbox."""

    advice = (
        "Check that the mailbox exists under this name, and the admin's user, password and style in the migration's "
        "form or plan."
    )
    asks = "give the migration the admin's new password, and it goes on by itself."


class TokenRefused(LoginRefused):
    """The server does not accept the token for this mailbox."""

    advice = (
        "Check that the token command gives a token for this mailbox with the right (scope) to use this protocol, and "
        "that the user's name is the one the provider knows."
    )
    asks = "correct what gives the token, then start the account again."


class MailboxNotConnected(LoginRefused):
    """The server knows who logs in, and does not open the mailbox for that: Exchange says so where a permission is
    missing, and now and then where it is in trouble."""

    advice = (
        "Check that whoever logs in may open this mailbox (Add-MailboxPermission with FullAccess for an app or an "
        "admin), that IMAP is on for it, and that it has a licence."
    )
    asks = "correct that, then start the account again."

    def __init__(self, sentence: str, *, server_words: str = "", command: str = "", clear: bool = False) -> None:
        super().__init__(sentence, server_words=server_words, command=command, clear=clear)

    def advise(self, outlook: Outlook, scope: Scope | None = None) -> str:
        """It gives its reason."""
        return MailError.advise(self, outlook, scope)


class PasswordLost(LoginRefused):
    """A stored password does not open, so nobody can log in with it."""

    kind = "password does not open"
    advice = "Enter the password again, or restore the key and the store that belong together."
    asks = "enter it again, and it goes on by itself."


class AdminPasswordLost(PasswordLost):
    """The stored password of the login for all mailboxes of a server does not open."""

    asks = "give the migration the admin's password again, and it goes on by itself."


class ProxyPasswordLost(PasswordLost):
    """The stored password of the login at a proxy does not open."""

    asks = "give the migration the proxy's password again, and it goes on by itself."


class LoginTrouble(MailError):
    """The server cannot log in anybody, or not this user, for a reason of its own: nothing is said of the login."""

    kind = "no login just now"
    retry = True
    advice = "Read the server's words, and check its log: the user and the password may be right."


class NoToken(MailError):
    """The command that is to print a mailbox's access token cannot be run, or prints none. `server_words` is the last
    line of what it complained of."""

    kind = "no token"
    advice = "Run the token command by hand as the user that runs the engine, until it prints a token."
    asks = TokenRefused.asks


class TokenCommandFailed(NoToken):
    """The token command ended with an error, or did not end: what it asks may be away for a moment."""

    retry = True


class TokenDenied(NoToken):
    """The provider gives no token. `code` is the provider's own for why; `what_to_do` what is known to help then."""

    said = "The provider said"
    advice = "Check the client id, the tenant and the secret, and what the app is allowed to do there."
    asks = "correct what the migration says of tokens, or what the provider allows, then start the account again."

    def __init__(
        self, sentence: str, *, server_words: str = "", command: str = "", code: str = "", what_to_do: str = ""
    ) -> None:
        super().__init__(sentence, server_words=server_words, command=command)
        self.code = code
        self.what_to_do = what_to_do or self.advice


class SignInNeeded(TokenDenied):
    """Nobody has signed in for this mailbox, or what was allowed then has ended: it was revoked, or not used for too
    long."""

    kind = "sign-in needed"
    advice = "Sign in: tui-migrate sign-in, with the title of the migration."
    asks = "sign in, then start the account again."
