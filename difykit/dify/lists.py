"""Settings whose value takes the place of a whole list of Dify's: whoever writes one needs what a release adds to it.

Read from the release: the list that a worker starts with stands in `api/docker/entrypoint.sh` (`-Q`), others are the
defaults of the examples. From 1.0.0 to 1.16.1 these are CELERY_QUEUES, which names what workers consume, with
CELERY_WORKER_QUEUES over it from 1.10.1 on, and COMPOSE_PROFILES.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PROFILES = "COMPOSE_PROFILES"
_CONSUMES = re.compile(r"-Q\s+\"?\$\{?(\w+)(?::?-([^}\s]*))?")
_LIST = re.compile(r"[\w.${}:-]+(?:,[\w.${}:-]+)+")


def is_list(raw: str) -> bool:
    """Whether a default is a list: at least two words with commas between."""
    return _LIST.fullmatch(raw) is not None


def worker_queues(script: str) -> Mapping[str, str]:
    """The settings that say what a worker consumes, the one that wins last, each with the list that it stands for."""
    match = _CONSUMES.search(script)
    if match is None:
        return {}
    name, default = match[1], match[2] or ""
    if default:
        return {name: default}
    values = re.findall(rf"(?m)^\s*{name}=[\"']?([^\"'\n]*)", script)
    plain = [value for value in values if "$" not in value and is_list(value)]
    keys = [key[1] for value in values if (key := re.fullmatch(r"\$\{?(\w+)\}?", value))]
    return dict.fromkeys(keys, plain[-1]) if plain else {}


def items(text: str) -> tuple[str, ...]:
    """The words of a list."""
    return tuple(filter(None, (item.strip() for item in text.split(","))))
