"""Moving the pin in the text of `difykit.yaml`: one value changes, everything else stays as it is written."""

from __future__ import annotations

from difykit.core import yaml
from difykit.core.errors import ConfigError, DifyKitError

_FILE = "difykit.yaml"
_KEY = ("upstream", "ref")


def with_ref(text: str, ref: str) -> str:
    """The text with `upstream.ref` as `ref`, in the quotes that the value has.

    Raises DifyKitError, with the line to write by hand, when the value is not one that can be changed safely.
    """
    expected = yaml.load(_FILE, text).value
    expected = {**expected, "upstream": {**expected["upstream"], "ref": ref}}
    for word in dict.fromkeys((_quoted(text, ref), ref, f'"{ref}"')):
        edited = _replaced(text, word)
        try:
            if edited and yaml.load(_FILE, edited).value == expected:
                return edited
        except ConfigError:
            continue
    raise DifyKitError(
        "difykit.yaml: upstream.ref is written in a way that difykit cannot change without touching more",
        hint='write it plainly, such as ref: "1.15.0", then start again',
    )


def _replaced(text: str, word: str) -> str:
    span = yaml.spans(text).get(_KEY)
    return text[: span.start] + word + text[span.end :] if span and span.end > span.start else ""


def _quoted(text: str, ref: str) -> str:
    span = yaml.spans(text).get(_KEY)
    first = text[span.start] if span and span.start < len(text) else ""
    return f"{first}{ref}{first}" if first in {"'", '"'} else ref
