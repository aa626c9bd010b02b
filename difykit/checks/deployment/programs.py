"""Programs of difykit's own that are run where the answer is: what they ask is put in, what they answer is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from difykit.core import files

_MARK = "difykit: "
_BLANK = "ASK: dict = {}"


def program(name: str, ask: Mapping[str, Any]) -> bytes:
    """The text of a program that asks this. Nothing secret may be in `ask`."""
    text = files.read_text(Path(__file__).with_name(f"{name}.py.txt"))
    return text.replace(_BLANK, f"ASK: dict = json.loads({json.dumps(ask)!r})", 1).encode()


def answers(output: bytes) -> list[dict[str, Any]]:
    """What it answered, line by line; anything else that was printed is left out."""
    replies: list[dict[str, Any]] = []
    for line in output.decode("utf-8", "replace").splitlines():
        if line.startswith(_MARK):
            try:
                value = json.loads(line.removeprefix(_MARK))
            except ValueError:
                continue  # cut off
            if isinstance(value, dict):
                replies.append(value)
    return replies
