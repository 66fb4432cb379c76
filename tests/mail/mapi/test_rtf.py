"""The HTML or text that RTF was made from comes out of it again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_migrate.mail.mapi.rtf import Origin, html_of, origin, text_of

HEAD = rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fswiss\fcharset204 Arial Cyr;}"
HEAD += rb"{\f2\fnil\fcharset128 MS Gothic;}}{\colortbl\red0\green0\blue0;}\uc1\pard\plain\deftab360 \f0\fs24 "


def html(rtf: bytes) -> str:
    return html_of(HEAD + rtf + b"}")


@pytest.mark.parametrize(
    ("rtf", "expected"),
    [
        (rb"{\*\htmltag64 <html>}{\*\htmltag4 <p>}hello{\*\htmltag4 </p>}", "<html><p>hello</p>"),
        (rb"\htmlrtf {\b bold in RTF alone}\htmlrtf0 both", "both"),
        (rb"{\htmlrtf hidden}shown again", "shown again"),
        (rb"{\htmlrtf1 hidden {nested} \htmlrtf0 shown}", "shown"),
        (rb"\htmlrtf \f1\htmlrtf0 \'cf\'f0\'e8", "При"),
        (rb"\f2\'93\'fa\'96\'7b", "日本"),
        (rb"{\*\htmltag84 &nbsp;}{\*\htmltag84 \'fc}", "&nbsp;ü"),
        (rb"{\*\mhtmltag64 <img src=x>}{\*\htmltag64 <img src=y>}", "<img src=y>"),
        (rb"\u26085?\u26412?", "日本"),
        (rb"\u-10179?\u-8704?", "\U0001f600"),
        (rb"{\uc2\u8364\'80x}y", "€y"),
        (rb"a\line b\par c\tab d", "a\r\nb\r\nc\td"),
        (b"one\r\ntwo", "onetwo"),
        (rb"\'7b\{\}\\ \~\_\-", "{{}\\ &nbsp;&shy;"),
        (rb"\lquote a\rquote\ldblquote b\rdblquote\bullet\endash\emdash", "‘a’“b”•–—"),
        (rb"{\*\htmltag1 \{x\}\par y\tab z}", "{x}\r\ny\tz"),
        (rb"{\pntext\f3\'b7\tab}item", "item"),
        (rb"{\pict\bin4 }}}}00ff}after", "after"),
        (rb"{\*\generator Riched20;}{\info{\title secret}}text", "text"),
        (rb"{\field{\*\fldinst HYPERLINK x}{\fldrslt link}}", "link"),
    ],
)
def test_html_comes_out_as_it_went_in(rtf: bytes, expected: str) -> None:
    """MS-OXRTFEX sections 2.1.3.1 and 2.2.3.1."""
    assert html(rtf) == expected


def test_the_code_page_of_the_document_holds_where_no_font_tells_another() -> None:
    assert html_of(rb"{\rtf1\ansi\ansicpg1251\fromhtml1 {\*\htmltag1 \'cf}\'f0}") == "Пр"


@pytest.mark.parametrize(
    ("rtf", "expected"),
    [
        (HEAD + b"}", Origin.HTML),
        (rb"{\rtf1\ansi\fromtext \deff0{\fonttbl}}", Origin.TEXT),
        (rb"{\rtf1\ansi\deff0{\fonttbl}{\*\htmltag1 \fromhtml1}}", Origin.RTF),
        (rb"{\rtf1 no groups", Origin.RTF),
        (b"", Origin.RTF),
    ],
)
def test_what_it_was_made_from_stands_before_the_first_group(rtf: bytes, expected: Origin) -> None:
    assert origin(rtf) is expected


def test_text_of_any_rtf() -> None:
    rtf = rb"{\rtf1\ansi\ansicpg1252\fromtext \deff0{\fonttbl{\f0 Arial;}}\f0 Gr\'fc\'dfe\par \{x\}\tab \b y\b0\par}"
    assert text_of(rtf) == "Grüße\r\n{x}\ty\r\n"


WORDS = rb"{ } \ * ' u bin f htmltag1 htmlrtf fonttbl fcharset uc 0 9 - a ansicpg 1200 65000 d83d".split()
tokens = st.sampled_from([*WORDS, b" ", b"\r\n", b"\xff", b"\0"])


@given(st.lists(tokens, max_size=60).map(b"".join))
def test_anything_gives_some_text(rtf: bytes) -> None:
    for whole in (rtf, HEAD + rtf):
        for text in (html_of(whole), text_of(whole)):
            text.encode()
            assert len(text) <= 7 * len(whole)


def test_groups_may_lie_deep_in_one_another() -> None:
    assert html(b"{" * 100_000 + b"deep") == "deep"
