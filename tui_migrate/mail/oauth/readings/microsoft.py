"""Microsoft's refusals by number.

From https://learn.microsoft.com/entra/identity-platform/reference-error-codes, read in November 2026; numbers that are
not there are known from other clients.
"""

from __future__ import annotations

from collections.abc import Mapping

from tui_migrate.mail.oauth.readings.reading import Reading

_ENTRA = "In Entra (App registrations, the app, {})"
_SECRETS, _PERMISSIONS = _ENTRA.format("Certificates & secrets"), _ENTRA.format("API permissions")
_AUTHENTICATION = _ENTRA.format("Authentication")
_WHERE = "Check client id, tenant and cloud (commercial, US Government, China)."
_CONSENT = (
    f"{_PERMISSIONS} add what it needs and grant admin consent. For all mailboxes that is the application permission "
    "IMAP.AccessAsApp (POP.AccessAsApp) of Office 365 Exchange Online; for who signs in IMAP.AccessAsUser.All. "
    "By Graph it is Mail.Read of Microsoft Graph for both."
)
_POLICY = (
    "Exclude the app, or who signs in, from that Conditional Access policy for the time of the move; or let the app "
    "log in by itself (client id with secret or certificate), where nobody signs in."
)
_AGAIN = "Sign in again: tui-migrate sign-in, with the title of the migration."
_MANAGED = f"Sign in with the browser of a device that the tenant manages, or another way. {_POLICY}"
_CLOCK = (
    "Set the clock of this machine right (NTP): what an app signs is good for ten minutes, and counts from that clock."
)
_LATER = "Wait: it is asked again. If it stays, look at Microsoft 365's service health."

_NO_TENANT = Reading("There is no such tenant in this cloud.", f"{_WHERE} The domain may be registered with none.")
_NO_APP = Reading("The tenant does not know this app.", f"{_WHERE} An admin of the tenant must have consented to it.")
_APP_OFF = Reading("The app is switched off in this tenant.", "Enable its enterprise application in Entra.")
_NO_CONSENT = Reading("Nobody has consented to what the app asks for.", _CONSENT)
_NO_EXCHANGE = Reading("The tenant has no Exchange Online, or another cloud's.", f"{_WHERE} Check its licences too.")
_SECRET = Reading("The app's secret is wrong.", f"{_SECRETS} make a new one and give the secret's value, not its id.")
_CERTIFICATE = Reading(
    "The app has no such certificate.",
    f"{_SECRETS} upload the certificate that the key belongs to, and see that it has not run out.",
)
_TIME = Reading("What the app has signed is not valid at Microsoft's time.", _CLOCK)
_REDIRECT = Reading(
    "The app may not send a browser back to this machine.",
    f"{_AUTHENTICATION} add the platform for mobile and desktop applications, with http://localhost.",
)
_PUBLIC = Reading(
    "The app has to prove who it is, and was given nothing for that.",
    f"{_AUTHENTICATION} allow public client flows, so that somebody can sign in; or give its secret or certificate.",
)
_NO_USER = Reading(
    "The tenant has no such user.", "Check the user's name, and the tenant. Sign in with an account of that tenant."
)
_USER_OFF = Reading("The user's account is disabled.", "Let an admin enable it, or sign in as somebody else.")
_UNASSIGNED = Reading(
    "The user may not use this app.",
    "In Entra (Enterprise applications, the app, Users and groups) assign the user, or let the app need no assignment.",
)
_LOCKED = Reading(
    "The account is locked after wrong passwords, or this address is blocked.",
    "Look at Entra's sign-in logs for the reason, and unblock the user.",
)
_PASSWORD = Reading("The user's password has expired.", "Set a new one, and sign in again.")
_FACTOR = Reading("A second factor is wanted now.", f"{_AGAIN} A browser asks for the second factor.")
_BLOCKED = Reading("Conditional Access forbids this sign-in.", _POLICY)
_DEVICE = Reading("Conditional Access wants a device that the tenant manages.", _MANAGED)
_ENDED = Reading("What was allowed has been withdrawn, or the password was changed.", _AGAIN)
_UNUSED = Reading("What was allowed has ended: it was not used for long.", _AGAIN)
_FREQUENCY = Reading(
    "Conditional Access wants somebody to sign in again and again.",
    f"{_AGAIN} To be rid of it: {_POLICY[0].lower()}{_POLICY[1:]}",
)
_FIXED = Reading(
    "What was allowed has ended: the app is registered as a single-page app, whose sign-ins last a day.",
    f"{_AUTHENTICATION} use the platform for mobile and desktop applications instead, and sign in again.",
)
_INVALID = Reading("Microsoft does not know what was allowed.", _AGAIN)
_CODE = Reading("The code of this sign-in was used already, or is another one's.", f"{_AGAIN} Use one address once.")
_LATE = Reading("The code was not entered in time.", _AGAIN)
_MISTYPED = Reading("The code is not the one that was shown.", f"{_AGAIN} Enter the code as it is shown.")
_DECLINED = Reading("Who signed in did not agree.", f"{_AGAIN} Agree to what the app asks for.")
_SCOPE = Reading("There is no such scope.", f"Leave the scope out, or correct it. {_CONSENT}")
_OURS = Reading("Microsoft does not understand the request.", "Check the tenant and the scope; else it is our fault.")
_BUSY = Reading("Microsoft is in trouble.", _LATER, passes=True)

NUMBERS: Mapping[int, Reading] = {
    **dict.fromkeys((90002, 90019, 50059, 50128, 900023), _NO_TENANT),
    **dict.fromkeys((90038, 90051, 900382, 900432), Reading("The tenant is in another cloud.", _WHERE)),
    **dict.fromkeys((700016, 700011, 70001, 90099), _NO_APP),
    7000112: _APP_OFF,
    **dict.fromkeys((65001, 65005, 650056, 650057, 90008, 90094, 90095), _NO_CONSENT),
    **dict.fromkeys((500011, 650052, 650054, 50001), _NO_EXCHANGE),
    **dict.fromkeys((7000215, 7000216, 70002), _SECRET),
    7000222: Reading("The app's secret has expired.", f"{_SECRETS} make a new one, and give its value."),
    **dict.fromkeys((700027, 700030, 50012, 50003), _CERTIFICATE),
    700024: _TIME,
    700025: Reading("The app is public and has no secret.", "Leave the secret out, or register an app that has one."),
    **dict.fromkeys((50011, 500112, 500113, 70004, 900971), _REDIRECT),
    7000218: _PUBLIC,
    **dict.fromkeys((50020, 50034, 50014, 51004, 16000, 16003, 90072), _NO_USER),
    500208: Reading("A private account is none of this tenant.", "Sign in with a work or school account."),
    50057: _USER_OFF,
    50105: _UNASSIGNED,
    50053: _LOCKED,
    **dict.fromkeys((50055, 50144, 50135), _PASSWORD),
    50126: Reading("User or password are wrong.", _AGAIN),
    **dict.fromkeys((50072, 50074, 50076, 50078, 50079, 50158, 53004), _FACTOR),
    **dict.fromkeys((53003, 530032, 530034, 530035, 50131, 53011, 53002, 50005), _BLOCKED),
    **dict.fromkeys((53000, 53001, 530003, 50097, 50129, 50155), _DEVICE),
    **dict.fromkeys((50173, 50132, 50133, 50089), _ENDED),
    **dict.fromkeys((70008, 700082), _UNUSED),
    70043: _FREQUENCY,
    700084: _FIXED,
    **dict.fromkeys((70000, 50085, 50139), _INVALID),
    **dict.fromkeys((54005, 501481, 50147, 700005), _CODE),
    **dict.fromkeys((70019, 70020), _LATE),
    **dict.fromkeys((70018, 90119), _MISTYPED),
    65004: _DECLINED,
    **dict.fromkeys((70011, 28002, 28003, 700022, 1002012), _SCOPE),
    **dict.fromkeys((900144, 700021, 700023, 50048, 90014, 90023, 9002313, 70003, 90100), _OURS),
    **dict.fromkeys((90124, 90130, 9001023, 50194), Reading("This app wants its own tenant named.", _WHERE)),
    **dict.fromkeys((50033, 50087, 50088, 50166, 90006, 90012, 90024, 90033, 90090, 40010, 70012), _BUSY),
    **dict.fromkeys((90055, 50196), Reading("Microsoft has been asked too often.", _LATER, passes=True)),
    **dict.fromkeys((80001, 80002, 80005, 80014), Reading("The tenant's own directory is away.", _LATER, passes=True)),
}
