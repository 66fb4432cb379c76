"""Which items are mail: by their message class, and the class of the folder that they lie in (MS-OXOCAL and others)."""

from __future__ import annotations

_MAIL = ("ipm.note", "ipm.post", "ipm.schedule.meeting", "ipm.sharing", "report")
_MAIL_STARTS = ("ipm.taskrequest",)
_NO_MAIL = {
    "ipm.appointment": "appointments",
    "ipm.contact": "contacts",
    "ipm.distlist": "distribution lists",
    "ipm.task": "tasks",
    "ipm.stickynote": "notes",
    "ipm.activity": "journal entries",
}
_SETTINGS = "settings of Outlook"
_SETTINGS_STARTS = ("ipm.configuration", "ipm.rule", "ipm.extendedrule", "ipm.microsoft")
_MAIL_FOLDERS = ("ipf.note",)


def why_no_mail(message_class: str, folder_class: str) -> str | None:
    """What items of this class are, in a few words for the admin (`appointments`); None when they are mail. Classes
    that nobody knows are mail in a folder of mail, or in one that says nothing of itself."""
    item = message_class.rstrip("\0 ").lower()
    if item in _MAIL or _is(item, _MAIL) or item.startswith(_MAIL_STARTS):
        return None
    for name, reason in _NO_MAIL.items():
        if _is(item, (name,)):
            return reason
    if item.startswith(_SETTINGS_STARTS):
        return _SETTINGS
    folder = folder_class.rstrip("\0 ").lower()
    return None if not folder or _is(folder, _MAIL_FOLDERS) else "items of an unknown kind"


def _is(name: str, classes: tuple[str, ...]) -> bool:
    """True when it is one of these classes, or a kind of one."""
    return any(name == each or name.startswith(f"{each}.") for each in classes)
