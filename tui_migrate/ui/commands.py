"""Every command of the user, declared once: its key, its word in the footer, its sentence in help and palette.

A screen lists the ones that it has in BINDINGS, and has a method `action_…` for each. Help and palette are made from
what is bound at the moment, so they cannot disagree with the keys.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from textual.binding import Binding, BindingType
from textual.screen import Screen


def _command(keys: str, action: str, word: str, sentence: str, *, footer: bool = True) -> Binding:
    """A binding with an id, by which help and palette know it from Textual's own."""
    shown = key_name(keys.partition(",")[0])
    return Binding(keys, action, word, show=footer, key_display=shown, tooltip=sentence, id=f"{action}.{word}")


def key_name(key: str) -> str:
    """A key as it is written on keyboards, in ASCII."""
    return _KEY_NAMES.get(key, key)


_KEY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "number_sign": "#",
    "escape": "esc",
    "pagedown": "page down",
    "pageup": "page up",
    "ctrl+s": "^s",
    "ctrl+o": "^o",
    "ctrl+t": "^t",
    "ctrl+r": "^r",
    "ctrl+y": "^y",
}


QUIT = _command("q", "app.quit", "quit", "Leave the dashboard; the engine goes on")
HELP = _command("question_mark", "app.help", "help", "Keys of this screen, glyphs, and where the files lie")
BACK = _command("escape", "back", "back", "Back to the screen before")
START_ENGINE = _command("f5", "start_engine", "start engine", "Start the engine that works on it all", footer=False)
PALETTE = _command("ctrl+p", "app.command_palette", "palette", "Commands, migrations, accounts, by name", footer=False)
EVERYWHERE: list[BindingType] = [BACK, HELP, PALETTE, replace(QUIT, show=False)]
"""What every screen below the first has. At home, quitting is in the footer."""

OPEN_MIGRATION = _command("enter", "open", "open", "The accounts of the migration")
START_MIGRATION = _command("s", "start", "start", "Start the migration or go on; failed and done accounts run again")
PAUSE_MIGRATION = _command("p", "pause", "pause", "Pause the migration; what is in flight is finished first")
NEW_MIGRATION = _command("n", "new", "new", "Make a migration: its servers, and what is excluded")
EDIT_MIGRATION = _command("e", "edit", "edit", "Change title, servers and excluded folders of the migration")
DELETE_MIGRATION = _command("d", "delete", "delete", "Forget the migration and our records; no mail", footer=False)

GO_ON_ALL = _command(
    "S", "start_all", "go on all", "Go on with all migrations that are paused; asks, and says which", footer=False
)
PAUSE_EVERY = _command("P", "pause_all", "pause all", "Pause all migrations that are started", footer=False)
REPORT = _command("x", "report", "report", "Write what has become of it: tables (CSV) and a page (HTML)", footer=False)
EXPORT = _command("X", "export", "export", "Write the migration as a plan with its list, no passwords", footer=False)
IMPORT_PLAN = _command("i", "import_plan", "import plan", "Make or change a migration as a plan says", footer=False)
MAIL_USERS = _command(
    "M",
    "notices",
    "mail to users",
    "What users are told when their account is done: server, text, when",
    footer=False,
)
RELEASE_MAILS = _command(
    "R", "release_mails", "release mails", "Send the mails to users that are held; asks", footer=False
)
RELEASE_HELD = replace(RELEASE_MAILS, key="ctrl+r", key_display="^r", description="release")
MAIL_ONCE_MORE = _command(
    "ctrl+o", "retry_mails", "once more", "Send again what has failed, or may have been sent; asks", footer=False
)
TEST_MAIL = _command("ctrl+t", "test", "test mail", "Send the mail below to your own address")
PREVIEW = _command("pagedown", "page(1)", "preview", "Down to the mail as its user will read it", footer=False)
BACK_UP = _command("pageup", "page(-1)", "back up", "Up again", footer=False)
SUBJECT_LINES = _command("ctrl+o", "subjects", "subject lines", "With the subject lines of what failed, or without")
MISTAKES: list[BindingType] = [  # before the keys of the field that is being typed in
    replace(_command("pagedown", "scroll(1)", "more", "The mistakes further down"), priority=True),
    replace(_command("pageup", "scroll(-1)", "before", "The mistakes further up", footer=False), priority=True),
]

SAVE = _command("ctrl+s", "save", "save", "Keep all that was typed, if it is right")
TEST = _command("ctrl+t,t", "test", "test", "Connect to both servers: certificates, speed, what will be missing")
FIND_SERVER = _command("ctrl+o", "find_server", "find server", "Find the servers of the mail domain typed as the host")
TAKE_SERVER = _command("enter", "take", "take it", "Fill in this server, with the limits that are known of it")
SIGN_IN = _command(
    "I", "sign_in", "sign in", "Sign in for tokens (OAuth), and try all that they need before a start", footer=False
)
SIGN_IN_AGAIN = _command("ctrl+r", "again", "again", "Try it all once more")
SIGN_IN_FOR_ALL = _command("ctrl+o", "for_all", "for all mailboxes", "Who signs in may open all mailboxes, or not")
COPY_ADDRESS = _command("ctrl+y", "copy", "copy address", "Put the address into the terminal's clipboard (OSC 52)")
TEST_AGAIN = _command("t,ctrl+t", "test", "test again", "Connect to both servers once more")
NEXT_FIELD = _command("tab,down,enter", "app.focus_next", "next field", "To the next field")
FIELD_BEFORE = _command("shift+tab,up", "app.focus_previous", "field before", "To the field before", footer=False)
NEXT_PART = _command(
    "pagedown", "part(1)", "next part", "To the next part: server, login, limits, and so on", footer=False
)
PART_BEFORE = _command("pageup", "part(-1)", "part before", "To the part before", footer=False)
CHOOSE = _command("space,right", "turn(1)", "choose", "The next of the words in the field")
CHOOSE_BEFORE = _command("left", "turn(-1)", "choose before", "The word before", footer=False)
FORM_HELP = _command("f1,question_mark", "app.help", "help", "Keys of this form")
CANCEL = _command("escape", "back", "cancel", "Back to the screen before; nothing is kept")

OPEN_ACCOUNT = _command("enter", "open", "open", "Folders and failures of the account")
START_ACCOUNT = _command("s", "start", "start", "Start the account, go on with it, or try it again")
PAUSE_ACCOUNT = _command("p", "pause", "pause", "Pause the account; what is in flight is finished first")
PASS_ACCOUNT = _command(
    "u", "another_pass", "update", "Another pass over the account: new mail and changed flags", footer=False
)
PASS_ALL = _command(
    "U", "another_pass_all", "update all", "Another pass over all accounts that have ended", footer=False
)
PASS_MIGRATION = _command(
    "u", "another_pass", "update", "Another pass over all accounts of the migration that have ended", footer=False
)
START_ALL = _command("S", "start_all", "start all", "Start the whole migration or go on with it")
PAUSE_ALL = _command("P", "pause_all", "pause all", "Pause the whole migration")

RETRY_ACCOUNT = _command(
    "r", "retry", "retry", "Try what failed again: of the selection, accounts with failures", footer=False
)
PROVE_LOGINS = _command(
    "v", "prove_logins", "prove logins", "Prove that both logins of the account are accepted", footer=False
)
VERIFY = _command(
    "V", "verify", "verify", "Compare source and destination again: missing, extra, different", footer=False
)
OPEN_COMPARED = _command("enter", "open", "open", "The messages of the folder that are not the same")
COMPARE_AGAIN = _command("r", "again", "again", "Compare once more")
COMPARE_BYTES = _command("b", "bytes", "every byte", "Compare once more, all bytes of all mail")
ALL_COMPARED = _command("a", "all", "all folders", "Show all folders, or only those that are not the same")
CHECK = _command(
    "c", "check", "check", "Check before the start: logins, quota, sizes, folders, time; copies nothing", footer=False
)
CHECK_MIGRATION = _command(
    "c", "check", "check", "Check all accounts before the start: logins, quota, sizes, folders, time", footer=False
)
WAIVE = _command("W", "waive", "waive", "Let the account start whatever the check has found; asks")
OPEN_CHECKED = _command("enter", "open", "open", "Each item of the check: the server's words, and what to do")
CHECK_AGAIN = _command("r", "again", "check again", "Ask the servers once more")
FILTER_CHECKED = _command(
    "slash", "filter", "filter", "Show some: text, login:refused, quota:no, large:>0, folders:>0, state:held"
)
SUBJECTS = _command("u", "subjects", "subjects", "Read the subjects of these messages from the source")
LOG = _command("L", "log", "log", "What the engine does and why, as it writes it down", footer=False)
TRACE = _command("T", "trace", "trace", "Write down what is said to this account's servers, or no more", footer=False)
BUNDLE = _command("B", "bundle", "bundle", "Pack what is needed to find out what was wrong, to be sent", footer=False)
SWITCH_LOG = _command("tab", "switch", "log or trace", "From the log to the trace of the account, or back")
FILTER_LOG = _command("slash", "filter", "filter", "Show some: text, level:warning")
FILTER = _command("slash", "filter", "filter", "Show some: text, state:failed, failures:>0, messages:>1000, priority:1")
SORT = _command("o", "sort", "sort", "Sort by the next of: order, user, state, messages, failures, rate", footer=False)
REVERSE = _command("O", "reverse", "reverse", "The other way round", footer=False)
SELECT = _command(
    "space", "select", "select", "Select the account, or not; commands then go to all selected", footer=False
)
SELECT_ALL = _command("A", "select_all", "select all", "Select all accounts that are shown, or none", footer=False)
PRIORITY = _command("number_sign", "priority", "priority", "Priority: 1 runs first, 9 last", footer=False)
PRIORITIES: list[BindingType] = [
    Binding(digit, f"priority({digit})", PRIORITY.description, show=False, tooltip=PRIORITY.tooltip, id=PRIORITY.id)
    for digit in "123456789"
]
ADD_ACCOUNT = _command("a", "add", "add", "Add an account by hand; its logins are proven first")
EDIT_ACCOUNT = _command("e", "edit", "edit", "Correct the account's users, passwords or excluded folders", footer=False)
IMPORT = _command("i", "import", "import", "Import a list of accounts from a CSV file")
DELETE_ACCOUNT = _command("d", "delete", "delete", "Forget the account and our records of it; no mail", footer=False)

YES = _command("y", "yes", "yes", "Do it")
NO = _command("n,escape", "no", "no", "Do nothing")
LEAVE_IT = _command("escape", "no", "leave it", "Do nothing")

PROVE = _command("ctrl+s", "prove", "go on", "Prove the logins; store the account when they are proven")
UNPROVEN = _command("ctrl+o", "unproven", "unproven", "Store it although its logins are not proven")
TICK = _command("space", "tick", "exclude", "Leave the folder behind, or take it along after all")

KEEP_ROW = _command("ctrl+s", "keep", "keep", "Take the correction over")
TAKE_PATH = _command("enter", "take", "read", "Read the file; nothing is stored by that")
COMPLETE = _command("tab", "complete", "complete", "Complete the path as far as it is certain")
PROVE_LIST = _command("v", "prove", "prove and store", "Prove all logins; each account is stored as it passes")
RETRY_ROW = _command("r", "retry", "try again", "Prove the login of this row again", footer=False)
EDIT_ROW = _command("e,enter", "edit", "correct", "Correct the row's users and passwords")
DROP_ROW = _command("d", "drop", "drop", "Take the row off the list")
NEXT_BAD = _command("b", "next_bad", "next bad", "To the next row that needs you")
TAKE_ENCODING = _command("enter", "take", "read it so", "Read the file in this encoding; nothing is stored by that")
STORE_ALL = _command("u", "unproven", "unproven", "Store all good rows although their logins are not proven")

EVENTS = _command("l", "events", "events", "The events: who did what, and when", footer=False)
FILTER_EVENTS = _command("slash", "filter", "filter", "Show some: text, who:NAME, who:engine")
MAPPING = _command("m", "mapping", "folders", "Where the account's folders go, and your own word on that", footer=False)
CHANGE_PLACE = _command("enter,t", "change", "change", "Say where the folder goes, with what lies in it")
EXCLUDE = _command("x", "exclude", "exclude", "Leave the folder behind, or take it along after all")
AUTOMATIC = _command("u", "automatic", "automatic", "Take your rule for the folder back")
SHARE_RULE = _command("a", "share", "for all", "Let the folder's rule hold for all accounts of the migration; asks")
FILTER_FOLDERS = _command("slash", "filter", "filter", "Show some: part of a name, or of a mark such as collision")
ASK_AGAIN = _command("r", "ask", "ask again", "Ask both servers for their folders again", footer=False)
OTHER_TREE = _command("tab,shift+tab", "app.focus_next", "other tree", "From source to destination", footer=False)
KEEP_PLACE = _command("enter", "keep", "keep", "The folder goes there from the next run on")
LEAVE_PLACE = _command("escape", "no", "cancel", "The folder goes where it went before")

FAILURES = _command("f", "failures", "failures", "All failures of the migration, in the server's words")
OPEN_CAUSE = _command("enter", "open", "open", "What it means, what can be done, and all failures of this cause")
RETRY = _command("r", "retry", "retry", "Try the accounts concerned again; what has arrived is not sent twice")
SKIP = _command("K", "skip", "skip", "Skip these messages for good: they count as excluded (asks)")
SKIP_ONE = replace(SKIP, key="k,K", key_display="k", priority=True)  # before "up" of the page that it stands on
REFILL = _command("F", "refill", "fill again", "Fill the replaced folder again with all that is missing there; asks")
WRITE = _command("w", "write", "write .eml", "Write these messages from the source into .eml files")
HEADERS = _command("h", "headers", "headers", "The message's headers, fetched from the source")
OPEN_FAILURE = _command("enter", "open", "open", "What failed, what the server said, and what can be done")
LEFT_OUT = _command(
    "o", "left_out", "excluded", "What counts as excluded and why; flags, dates, names not kept", footer=False
)
NEXT_LIST = _command("tab", "app.focus_next", "next list", "To the other list", footer=False)
SWITCH = _command("tab", "switch", "next list", "From folders to failures, events, passes")
SWITCH_BACK = _command("shift+tab", "switch_back", "list before", "The other way round", footer=False)
LISTS: list[BindingType] = [
    Binding(digit, f"list({digit})", f"list {digit}", show=False, tooltip=f"To the {name}", id=f"list.{name}")
    for digit, name in (("1", "folders"), ("2", "failures"), ("3", "events"), ("4", "passes"))
]

MOVING: list[BindingType] = [
    _command("down,j", "down", "down", "One line down", footer=False),
    _command("up,k", "up", "up", "One line up", footer=False),
    _command("pagedown", "page_down", "page down", "One screen down", footer=False),
    _command("pageup", "page_up", "page up", "One screen up", footer=False),
    _command("home,g", "top", "first", "To the first line", footer=False),
    _command("end,G", "bottom", "last", "To the last line", footer=False),
]


class Command(NamedTuple):
    """A command that can be given now."""

    word: str
    sentence: str
    keys: list[str]
    call: Callable[[], Awaitable[object]]
    moves: bool
    """It only moves about."""


def commands(screen: Screen[Any]) -> list[Command]:
    """What can be done on this screen now, each command once."""
    found: dict[str, Command] = {}
    for key, (node, binding, enabled, sentence) in screen.active_bindings.items():
        if binding.id is None or not enabled:
            continue
        if binding.id not in found:
            call = partial(screen.app.run_action, binding.action, node)
            moves = binding.id in {each.id for each in MOVING if isinstance(each, Binding)}
            found[binding.id] = Command(binding.description, sentence, [], call, moves)
        found[binding.id].keys.append(key_name(key))
    return sorted(found.values(), key=lambda command: command.moves)
