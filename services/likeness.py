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
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache

from rapidfuzz.distance import Indel

LONGEST = 600
"""Characters of a text that are compared: the matter is said at its beginning."""

FEWEST = 5
"""Tokens that a title needs before finding it within another text says anything."""

WITHIN = 0.7
"""What a title found whole within the other text is worth: reports differ in length, and the longer one says more."""

Bag = tuple[str, ...]

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


@lru_cache(maxsize=20_000)
def bag_of(text: str, names: tuple[str, ...] = ()) -> Bag:
    """The tokens of a text in their order in the alphabet, each as often as it stands there, without the `names`."""
    plain = [_plain(name) for name in names if name]
    named = frozenset(_ending(word) for name in plain for word in _TOKEN.findall(name) if word.isascii())
    found: list[str] = []
    for token in _TOKEN.findall(_plain(text[:LONGEST])):
        if token.isascii():
            word = _ending(token)
            if token not in _STOP and word not in named:
                found.append(word)
            continue
        for part in _without(token, plain):
            for run in _FILLER_RUN.split(part):
                found += [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]
    return tuple(sorted(found))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _ending(word: str) -> str:
    """An English word without its ending, a number without its thousands' commas."""
    if word.isalpha() and len(word) > 4:
        return re.sub(r"(ing|ed|es|s)$", "", word)
    return word.replace(",", "")


def _without(run: str, names: Collection[str]) -> Iterator[str]:
    """A Chinese run in the pieces that remain when every stretch of a name is cut out."""
    begun = at = 0
    while at < len(run):
        end = at + _NAME_PART
        if len(run) >= end and any(run[at:end] in name for name in names):
            while end < len(run) and any(run[at : end + 1] in name for name in names):
                end += 1
            yield run[begun:at]
            begun = at = end
        else:
            at += 1
    yield run[begun:]


def shared(a: Bag, b: Bag) -> float:
    """The share of tokens in common, 0 to 1. Of two sorted bags the longest common subsequence is what they share."""
    return Indel.normalized_similarity(a, b) if a and b else 0.0


def _within(title: Bag, whole: Bag) -> float:
    if len(title) < FEWEST or not whole:
        return 0.0
    in_common = (len(title) + len(whole) - Indel.distance(title, whole)) / 2
    return in_common / len(title)


def alike(a: tuple[Bag, Bag], b: tuple[Bag, Bag]) -> float:
    """How alike two reports are worded, 0 to 1; each is given as the bags of its title and of title and detail together."""
    (title, whole), (other_title, other_whole) = a, b
    found = max(_within(title, other_whole), _within(other_title, whole))
    return max(shared(whole, other_whole), WITHIN * found)
