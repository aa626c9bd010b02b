"""Run in a step of a build, by the image's own Python: `uvlock.py uv.lock https://mirror/simple OUT`.

Of the registry that most of the lock's packages come from, the mirror takes the place: each file's address becomes the
one that the mirror's own index gives. Hashes stay, so a mirror cannot bring in another file. A file that the mirror
lacks keeps its address. Where the mirror does not answer, it says so and writes nothing.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from urllib.request import Request, urlopen

_SOURCE = re.compile(r'source = \{ registry = "([^"]+)" \}')
_NAME = re.compile(r'^name = "([^"]+)"$', re.MULTILINE)
_URL = re.compile(r'(\burl = ")([^"]+)(")')
_TRIES = 3


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def links(page: str, text: str) -> dict[str, str]:
    """The files of a page of a simple index (PEP 503): name → address."""
    parser = _Links()
    parser.feed(text)
    absolute = [urldefrag(urljoin(page, link)).url for link in parser.found]
    return {_file(address): address for address in absolute}


def relocked(text: str, index: str, ask: Callable[[str], dict[str, str]]) -> str:
    """The lock with the mirror's addresses; `ask` says which files a package has there."""
    registries = Counter(match for match in _SOURCE.findall(text))
    if not registries:
        return text
    public = registries.most_common(1)[0][0]
    parts = re.split(r"(?m)^(?=\[\[package\]\]$)", text)
    matches = {number: _NAME.search(part) for number, part in enumerate(parts) if f'registry = "{public}" }}' in part}
    names = {number: match[1] for number, match in matches.items() if match}
    with ThreadPoolExecutor(16) as pool:
        pages = dict(zip(names, pool.map(ask, names.values()), strict=True))
    for number, addresses in pages.items():
        parts[number] = _URL.sub(
            lambda match, addresses=addresses: match[1] + addresses.get(_file(match[2]), match[2]) + match[3],
            parts[number],
        )
    return "".join(parts).replace(f'registry = "{public}" }}', f'registry = "{index}" }}')


def _file(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])


def _ask(index: str, name: str) -> dict[str, str]:
    page = f"{index.rstrip('/')}/{name}/"
    for retries in range(_TRIES - 1, -1, -1):
        try:
            with urlopen(Request(page, headers={"Accept": "text/html"}), timeout=60) as answer:  # noqa: S310
                return links(answer.url, answer.read().decode("utf-8", "replace"))
        except OSError as error:
            if not retries:
                raise OSError(f"the mirror of PyPI does not answer for {name}: {page}: {error}") from error
            time.sleep(1)
    return {}


def main(lock: Path, mirror: str, out: Path) -> None:
    try:
        text = relocked(lock.read_text("utf-8"), mirror, lambda name: _ask(mirror, name))
    except OSError as error:
        sys.stderr.write(f"difykit: {error}\n")
    else:
        out.write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
