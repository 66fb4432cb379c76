"""The text of a mail arrives in each form in which the item has it, and reads as it did."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.outlook import MadeItem, content, mail, octets
from tests.support.rtf import compressed, stored
from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.mapi.item import Value
from tui_migrate.mail.mapi.mime import write_mime

HTML = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0 Arial;}}{\*\htmltag64 <b>}Gr\'fc\'dfe{\*\htmltag72 </b>}}"
)
TEXT = rb"{\rtf1\ansi\ansicpg1252\fromtext \deff0{\fonttbl{\f0 Arial;}}Gr\'fc\'dfe\par}"
RICH = rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}Gr\'fc\'dfe {\b in bold}\par}"


def texts(properties: dict[int, Value], codepage: str = "cp1252") -> dict[str, str | bytes]:
    """Content by type."""
    message = mail(MadeItem(properties, codepage=codepage))
    parts = [part for part in message.walk() if not part.is_multipart()]
    assert len(parts) == 1 or message.get_content_type() == "multipart/alternative"
    return {part.get_content_type(): ended(content(part)) for part in parts}


def ended(text: str | bytes) -> str | bytes:
    """Without a last line end: a mail that is nothing but text has one, whether its text has or not."""
    return text.removesuffix("\n") if isinstance(text, str) else text


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({0x1000: "text"}, {"text/plain": "text\n"}),
        ({0x1000: "text\n"}, {"text/plain": "text\n"}),
        ({0x1000: "Grüße\r\rx\n\n"}, {"text/plain": "Grüße\n\nx\n\n"}),
        ({0x1000: "日本語"}, {"text/plain": "日本語\n"}),
        ({0x1000: "text", 0x1013: b"<p>html"}, {"text/plain": "text", "text/html": "<p>html"}),
        ({0x1000: "text", 0x1013: "<p>Grüße"}, {"text/plain": "text", "text/html": "<p>Grüße"}),
        ({0x1013: "<p>Gr\u0142", 0x3FDE: 1252}, {"text/html": "<p>Gr\u0142\n"}),
        ({0x1000: "text", 0x1009: compressed(HTML)}, {"text/plain": "text", "text/html": "<b>Grüße</b>"}),
        ({0x1000: "text", 0x1009: stored(TEXT)}, {"text/plain": "text\n"}),
        ({0x1009: stored(TEXT)}, {"text/plain": "Grüße\n"}),
        ({0x1000: "text", 0x1009: stored(RICH)}, {"text/plain": "text", "application/rtf": RICH}),
        ({0x1009: stored(RICH)}, {"text/plain": "Grüße in bold\n", "application/rtf": RICH}),
        ({0x1000: "t", 0x1013: b"h", 0x1009: stored(RICH)}, {"text/plain": "t", "text/html": "h"}),
        (
            {0x1000: "t", 0x1013: b"h", 0x1009: stored(RICH), 0x1016: 2},
            {"text/plain": "t", "text/html": "h", "application/rtf": RICH},
        ),
        ({0x1000: "newer", 0x1009: stored(RICH), 0x0E1F: False}, {"text/plain": "newer\n"}),
        ({0x1001: "report"}, {"text/plain": "report\n"}),
        ({}, {"text/plain": "\n"}),
        ({0x1000: 5, 0x1013: 5, 0x1009: "x"}, {"text/plain": "\n"}),
    ],
)
def test_each_form_of_the_text_is_there(properties: dict[int, Value], expected: dict[str, str | bytes]) -> None:
    assert texts(properties) == {kind: ended(text) for kind, text in expected.items()}


@pytest.mark.parametrize(
    ("text", "codepage", "codec", "charset"),
    [
        ("Grüße", 1252, "cp1252", "windows-1252"),
        ("Grüße", 28591, "latin-1", "iso-8859-1"),
        ("Grüße", 65001, "utf-8", "utf-8"),
        ("日本語", 932, "cp932", "shift_jis"),
        ("日本①", 932, "cp932", "utf-8"),
        ("日本語", 50220, "iso2022_jp", "iso-2022-jp"),
        ("中文", 936, "gbk", "gb2312"),
        ("한국어", 949, "cp949", "euc-kr"),
        ("Привет", 20866, "koi8_r", "koi8-r"),
        ("Grüße", 1200, "utf-16-le", "utf-8"),
        ("Grüße", 65000, "utf-7", "utf-8"),
        ("Grüße", None, "utf-8", "utf-8"),
        ("Grüße", None, "cp1252", "windows-1252"),
        ("Grüße", 20127, "utf-8", "utf-8"),
        ("Grüße", 99999, "utf-8", "utf-8"),
    ],
)
def test_html_is_given_in_the_charset_that_it_is_in(text: str, codepage: int | None, codec: str, charset: str) -> None:
    meta = '<meta charset="x-old">'
    told: dict[int, Value] = {} if codepage is None else {0x3FDE: codepage}
    message = mail(MadeItem({0x1013: (meta + text).encode(codec), **told}))
    assert message.get_content_charset() == charset
    assert ended(content(message)) == meta + text


def test_html_in_no_known_charset_keeps_its_octets() -> None:
    raw = b"<p>\x81\x8d\xff\r\n"
    message = mail(MadeItem({0x1013: raw, 0x3FDE: 65001}))
    assert message.get_payload(decode=True) == raw


def test_what_is_read_in_a_code_page_of_its_own_is_not_damaged_by_line_ends() -> None:
    assert texts({0x1013: "日本\n語".encode("utf-16-le"), 0x3FDE: 1200}) == {"text/html": "日本\n語"}


def test_damaged_rtf_costs_the_rtf_where_there_is_text() -> None:
    """What is lost is said."""
    pieces: list[bytes] = []
    remarks = write_mime(MadeItem({0x1000: "text", 0x1009: b"damaged"}), pieces.append)
    assert pieces[0].endswith(b"\r\n\r\ntext\r\n")
    assert remarks == ["The formatted text (RTF) of the message is cut off. What else there is of the text was taken."]


def test_damaged_rtf_costs_the_message_where_it_is_all() -> None:
    with pytest.raises(MessageDamaged):
        octets(MadeItem({0x1009: b"damaged"}))


odd = st.text(max_size=200) | st.text("ab .\t\r\n=-_é\0\ud800", max_size=200)


@given(odd, st.sampled_from([1, 30]))
@example("x" * 2000, 1)
@example("a\n--=_b", 1)
@example(". \n.", 1)
@example("trailing \t\n", 1)
def test_any_text_arrives_as_it_was(text: str, times: int) -> None:
    """But for line ends, and half characters, which no encoding has."""
    text *= times
    item = MadeItem({0x1000: text, 0x1013: text.encode("utf-8", "replace")})
    raw = octets(item)
    assert raw.isascii()
    assert b"\0" not in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    expected = text.encode("utf-8", "replace").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for part in mail(item).walk():
        if not part.is_multipart():
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            arrived = payload.replace(b"\r\n", b"\n")
            assert arrived in (expected, expected + b"\n", expected.rstrip(b"\0"))
