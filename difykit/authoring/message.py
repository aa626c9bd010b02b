"""The message of a new patch: what its author wrote, and the trailers that every patch carries."""

from __future__ import annotations

import re

from difykit.source.patch import read_trailers

_OURS = re.compile(r"(?m)^Difykit-Patch: .*\n?")


def full_body(body: str, why: str, release: str) -> str:
    """The body with `Why`, `Upstream` and `Made-for`, where it does not have them; no `Why` where nobody said one."""
    body = _OURS.sub("", body).strip("\n")
    trailers = read_trailers(body)
    present_keys = {key.lower() for key, _ in trailers}
    defaults = (("Why", " ".join(why.split())), ("Upstream", "not sent"), ("Made-for", release))
    lines = [f"{key}: {value}" for key, value in defaults if value and key.lower() not in present_keys]
    gap = "\n" if trailers and lines else "\n\n" if body and lines else ""
    return body + gap + "\n".join(lines)
