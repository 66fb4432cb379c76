"""Ids of the properties that a mail is made of (MS-OXPROPS), and reading them for what they should be.

A file that is damaged, or was written by a careless program, may have a number where a string belongs: that is as good
as none."""

from __future__ import annotations

from typing import Final

from tui_migrate.mail.mapi.item import Properties

IMPORTANCE: Final = 0x0017
MESSAGE_CLASS: Final = 0x001A
SUBJECT: Final = 0x0037
SUBMIT_TIME: Final = 0x0039
FROM_NAME: Final = 0x0042
FROM_TYPE: Final = 0x0064
FROM_ADDRESS: Final = 0x0065
THREAD_TOPIC: Final = 0x0070
THREAD_INDEX: Final = 0x0071
TRANSPORT_HEADERS: Final = 0x007D
RECIPIENT_TYPE: Final = 0x0C15
SUPPLEMENTARY_INFO: Final = 0x0C1B
NDR_STATUS: Final = 0x0C20
REMOTE_MTA: Final = 0x0C21
SENDER_NAME: Final = 0x0C1A
SENDER_TYPE: Final = 0x0C1E
SENDER_ADDRESS: Final = 0x0C1F
DISPLAY_BCC: Final = 0x0E02
DISPLAY_CC: Final = 0x0E03
DISPLAY_TO: Final = 0x0E04
DELIVERY_TIME: Final = 0x0E06
MESSAGE_FLAGS: Final = 0x0E07
RTF_IN_SYNC: Final = 0x0E1F
ATTACH_NUMBER: Final = 0x0E21
BODY: Final = 0x1000
REPORT_TEXT: Final = 0x1001
RTF: Final = 0x1009
HTML: Final = 0x1013
NATIVE_BODY: Final = 0x1016
MESSAGE_ID: Final = 0x1035
REFERENCES: Final = 0x1039
IN_REPLY_TO: Final = 0x1042
ORIGINAL_MESSAGE_ID: Final = 0x1046
ICON: Final = 0x1080
LAST_VERB: Final = 0x1081
FLAG_STATUS: Final = 0x1090
DISPLAY_NAME: Final = 0x3001
ADDRESS_TYPE: Final = 0x3002
EMAIL_ADDRESS: Final = 0x3003
CREATION_TIME: Final = 0x3007
ATTACH_DATA: Final = 0x3701
ATTACH_SHORT_NAME: Final = 0x3704
ATTACH_METHOD: Final = 0x3705
ATTACH_LONG_NAME: Final = 0x3707
ATTACH_MIME_TYPE: Final = 0x370E
ATTACH_CONTENT_ID: Final = 0x3712
ATTACH_CONTENT_LOCATION: Final = 0x3713
ATTACH_FLAGS: Final = 0x3714
SMTP_ADDRESS: Final = 0x39FE
HTML_CODEPAGE: Final = 0x3FDE
SENDER_SMTP: Final = 0x5D01
FROM_SMTP: Final = 0x5D02
RECIPIENT_NAME: Final = 0x5FF6
REPORTING_MTA: Final = 0x6820


def text(properties: Properties, tag: int) -> str:
    """A string; empty when there is none. Some end with the NUL that ends them in memory."""
    value = properties.get(tag)
    return value.rstrip("\0") if isinstance(value, str) else ""


def number(properties: Properties, tag: int) -> int | None:
    """A whole number."""
    value = properties.get(tag)
    return value if isinstance(value, int) else None


def octets(properties: Properties, tag: int) -> bytes:
    """Binary; empty when there is none."""
    value = properties.get(tag)
    return value if isinstance(value, bytes) else b""
