"""Which of a fork's changes belong together: those whose new lines name the same new things; pure.

New is what the files that the fork adds are called, and what no changed file named before. Both can be read off the
difference, so the grouping can be told in a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from difykit.adopt.secrets import without_values

Words = tuple[str, ...]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{2,}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Called so more often than that in the release, a file's name says nothing of what is in it.
_COMMON = 3
# A new name of one word, such as `timeout`, stands in files that have nothing to do with each other.
_LEAST_WORDS = 2
_LONGEST = 1 << 20


def words_of(name: str) -> Words:
    """`AppPermissions`, `app_permission` and `app-permissions` as the words that they share."""
    words = (word.lower() for word in _WORD.findall(name))
    return tuple(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words)


def modules(added: Iterable[str], base: Iterable[str]) -> set[Words]:
    """What the added files are called, without names that the release has for many files of its own."""
    common = Counter(_module(path) for path in base)
    return {words for path in added if (words := _module(path)) and common[words] < _COMMON}


def _module(path: str) -> Words:
    """The words of a file's name up to its first dot; a file that stands for its folder is called as that."""
    pure = PurePosixPath(path)
    name = pure.name.lstrip(".").partition(".")[0]
    return words_of(pure.parent.name if name in {"index", "__init__", "page"} else name)


def together(
    paths: Sequence[str], new_modules: set[Words], old: Callable[[str], bytes], new: Callable[[str], bytes]
) -> list[tuple[str, list[str]]]:
    """The groups of at least two of the paths, each with the name that most of its files share; sorted."""
    names = {path: _new_names(old(path), new(path)) for path in paths}
    before = {words for path in paths for name in _NAME.findall(_text(old(path))) if (words := words_of(name))}
    keys: dict[str, set[Words]] = {
        path: {words for words in path_names if len(words) >= _LEAST_WORDS and words not in before}
        | {module for module in new_modules for words in path_names if _holds(words, module)}
        for path, path_names in names.items()
    }
    counts = Counter(key for path_keys in keys.values() for key in path_keys)
    shared = {path: {key for key in path_keys if counts[key] > 1} for path, path_keys in keys.items()}
    groups = [group for group in _joined(shared) if len(group) > 1]
    titled = ((_title(group, shared, old, new), sorted(group)) for group in groups)
    return sorted((title, group) for title, group in titled if title)


def _text(content: bytes) -> str:
    return "" if b"\0" in content[:8000] or len(content) > _LONGEST else content.decode("utf-8", "replace")


def _new_names(old: bytes, new: bytes) -> set[Words]:
    """The names in the lines that the fork added."""
    lines = set(_text(old).splitlines())
    added = (line for line in _text(new).splitlines() if line not in lines)
    return {words for line in added for name in _NAME.findall(line) if (words := words_of(name))}


def _holds(words: Words, part: Words) -> bool:
    return any(words[start : start + len(part)] == part for start in range(len(words) - len(part) + 1))


def _joined(keys: Mapping[str, set[Words]]) -> list[set[str]]:
    """The paths that hang together by a key, by way of others too."""
    groups: list[tuple[set[str], set[Words]]] = []
    for path, path_keys in keys.items():
        touching = [group for group in groups if group[1] & path_keys]
        merged = ({path}.union(*(group[0] for group in touching)), path_keys.union(*(group[1] for group in touching)))
        groups = [group for group in groups if group not in touching] + [merged]
    return [paths for paths, _ in groups]


def _title(
    group: set[str], keys: Mapping[str, set[Words]], old: Callable[[str], bytes], new: Callable[[str], bytes]
) -> str:
    """The name that most of the files share; "" where all that they share may be a secret's value."""
    contents = {path: without_values(new(path)) for path in group}
    names = {words for path in group for words in _new_names(without_values(old(path)), contents[path])}
    counts = Counter(key for path in group for key in keys[path] if any(_holds(words, key) for words in names))
    if not counts:
        return ""
    words = min(counts.items(), key=lambda item: (-item[1], len(item[0]), item[0]))[0]
    spellings = _spellings(contents.values())
    return "-".join(spellings.get(word, word) for word in words)


def _spellings(contents: Iterable[bytes]) -> dict[str, str]:
    """Words of which the files have only the form that is taken for a plural, such as `status`, with that form."""
    words = {word.lower() for content in contents for word in _WORD.findall(_text(content))}
    return {word[:-1]: word for word in words if word.endswith("s") and word[:-1] not in words}
