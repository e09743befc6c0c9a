"""How alike two texts are worded, whatever the order of their words: in Chinese and in English.

A text is a bag of tokens: the neighbouring pairs of characters of each Chinese run, English words without their endings,
numbers with their units. Two bags are compared by their shared part (Sørensen–Dice: twice the shared tokens over all of
both). Character pairs need no dictionary and survive the reordering that edit distances and common subsequences punish:
`第二路电源无廊道` and `无廊道的第二路电源` are the same bag but for its seams. Words that any report may hold, and the names
of the enterprise and the project, are left out first: else two matters of one project would always be alike. A Chinese
and an English text share numbers at most; such a pair is told by project, category and contact alone.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache

LONGEST = 600
"""Characters of a text that are compared: the matter is said at its beginning."""

FEWEST = 5
"""Tokens that a title needs before finding it within another text says anything."""

WITHIN = 0.7
"""What a title found whole within the other text is worth: reports differ in length, and the longer one says more."""

Bag = frozenset[str]
"""Tokens; one that stands there again has the number of its repetition behind it."""

_FILLER = (
    "我公司", "希望", "申请", "需要", "尽快", "影响", "无法", "没有", "目前", "现有", "已经", "企业", "公司", "我司", "我们", "项目",
    "问题", "情况", "解决", "协调", "办理", "落实", "请求", "反映", "以及", "请", "需", "及", "与", "和", "的", "了", "在", "至", "由",
    "将", "为", "因", "未", "无", "不", "已", "拟", "等", "还", "并", "仍",
)  # fmt: skip
_FILLER_RUN = re.compile("|".join(sorted(_FILLER, key=len, reverse=True)))
_COMMON = (
    "a an the of to in on for and or is are was were be been has have had not no our we us it its with by at from as that"
    " this there please need needs per still only into must after before their your out than then can cannot so"
)
_STOP = frozenset(_COMMON.split())
_TOKEN = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+(?:[.,][0-9]+)*[a-z]*")
_NAME_PART = 3
"""So many characters in a row of a name are the name."""


def bag_of(text: str, names: tuple[str, ...] = ()) -> Bag:
    """The tokens of a text, each as often as it stands there, without the `names`."""
    return frozenset(_tokens(text, names))


@lru_cache(maxsize=20_000)
def _tokens(text: str, names: tuple[str, ...]) -> tuple[str, ...]:
    # As a tuple: a set of the same takes ten times the memory.
    plain, named, pieces = _named(names)
    found: list[str] = []
    for token in _TOKEN.findall(_plain(text[:LONGEST])):
        if token.isascii():
            word = _ending(token)
            if token not in _STOP and word not in named:
                found.append(word)
            continue
        for part in _without(token, plain, pieces):
            for run in _FILLER_RUN.split(part):
                found += [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]
    # Interned, because two sets of the same objects are compared without a look into them.
    times: dict[str, int] = {}
    for place, token in enumerate(found):
        again = times[token] = times.get(token, 0) + 1
        found[place] = sys.intern(token if again == 1 else f"{token} {again}")
    return tuple(found)


@lru_cache(maxsize=5_000)
def _named(names: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str], frozenset[str]]:
    """Names as they are looked for: whole, their English words, and what of them is long enough to be the name."""
    plain = tuple(_plain(name) for name in names if name)
    words = frozenset(_ending(word) for name in plain for word in _TOKEN.findall(name) if word.isascii())
    return plain, words, frozenset(piece for name in plain for piece in _pieces(name))


def _pieces(text: str) -> Iterator[str]:
    return (text[i : i + _NAME_PART] for i in range(len(text) - _NAME_PART + 1))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _ending(word: str) -> str:
    """An English word without its ending, a number without its thousands' commas."""
    if word.isalpha() and len(word) > 4:
        return re.sub(r"(ing|ed|es|s)$", "", word)
    return word.replace(",", "")


def _without(run: str, names: Collection[str], pieces: frozenset[str]) -> Iterator[str]:
    """A Chinese run in the parts that remain when every stretch of a name is cut out."""
    if pieces.isdisjoint(_pieces(run)):
        yield run
        return
    begun = at = 0
    while at < len(run):
        end = at + _NAME_PART
        if len(run) >= end and run[at:end] in pieces:
            while end < len(run) and any(run[at : end + 1] in name for name in names):
                end += 1
            yield run[begun:at]
            begun = at = end
        else:
            at += 1
    yield run[begun:]


def alike(a: tuple[Bag, Bag], b: tuple[Bag, Bag], line: float = 0.0) -> float:
    """How alike two reports are worded, 0 to 1; each is given as the bags of its title and of title and detail together.

    Where it is less than `line` it may be told as less than it is: most pairs have little in common, and one look shows it.
    """
    (title, whole), (other_title, other_whole) = a, b
    if not whole or not other_whole:
        return 0.0
    common = len(whole & other_whole)
    found = 2 * common / (len(whole) + len(other_whole))
    # No more of a title can stand in the other text than the two texts have in common.
    if max(found, WITHIN * common / max(1, min(len(title), len(other_title)))) < line:
        return found
    for one, other in ((title, other_whole), (other_title, whole)):
        if len(one) >= FEWEST:
            found = max(found, WITHIN * len(one & other) / len(one))
    return found
