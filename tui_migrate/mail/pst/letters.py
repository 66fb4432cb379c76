"""Which code page text is in, by its letters, where nothing tells it: of those whose letters are not Latin."""

from __future__ import annotations

import re
from collections.abc import Sequence

_USUAL = {
    874: ("านรกอเงมวยลทดส่ั", 0.75),
    932: ("のにはをたがでてとしれさいるなもこありまよらすおンスルイトラーリアクー、。", 0.4),
    936: ("的一是不了在有人我他这个们中来上大为和国地到以说时要就出会可也你对生能您请好公司，。", 0.25),
    949: ("이다는의에을가를고하도서지사기로은인한대자해시리어나일있그요세니습안부합정회", 0.6),
    950: ("的一是不了在有人我他這個們中來上大為和國地到以說時要就出會可也你對生能您請好公司，。", 0.25),
    1251: ("оеаинтсрвл", 0.65),
    1253: ("αοιετσνηυράίέόή", 0.7),
    1255: ("יוהלאתמרבש", 0.7),
    1256: ("اليمنوترهب", 0.7),
}
"""By code page: what is most frequent in its text, and how much of a text that is, more or less."""
_ENOUGH = 40
"""Octets beyond ASCII, of all texts together."""
_IN_ROWS = 0.6
"""How many of them stand beside another where letters are not Latin; in other text hardly one does."""
_LEAST, _AHEAD = 0.7, 1.2
"""Of what is usual in a code page; and how many times as much as in any other."""
_BEYOND = re.compile(rb"[\x80-\xff]+")


def likely_codepage(texts: Sequence[bytes]) -> int | None:
    """Windows' number of the code page whose most frequent letters these texts hold. None: that cannot be told."""
    runs = [len(run) for text in texts for run in _BEYOND.findall(text)]
    octets = sum(runs)
    if octets < _ENOUGH or octets - runs.count(1) < octets * _IN_ROWS:
        return None
    scores = sorted(((_score(texts, codepage), codepage) for codepage in _USUAL), reverse=True)
    (best, found), (second, _) = scores[:2]
    return found if best >= _LEAST and best >= second * _AHEAD else None


def _score(texts: Sequence[bytes], codepage: int) -> float:
    """About 1 where they are in it; a text that cannot be counts with all of its octets."""
    letters, share = _USUAL[codepage]
    usual = beyond = 0
    for text in texts:
        try:
            characters = [each for each in text.decode(f"cp{codepage}") if not each.isascii()]
        except UnicodeDecodeError:
            beyond += len(text)
            continue
        beyond += len(characters)
        usual += sum(each in letters for each in characters)
    return usual / beyond / share if beyond else 0
