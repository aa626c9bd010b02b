"""From the end of BuildKit's output to the one step that failed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from difykit.core.errors import BuildFailed
from difykit.images.definition import SAYS, shown

# BuildKit repeats the failed step at the end: ` > [api production 2/3] RUN …:`; a target that is alone is not named.
_STEP = re.compile(r"^ > \[(?P<step>.+?)\] (?P<what>.*?):?$")


def build_failed(output: str, names: Sequence[str], log: Path) -> BuildFailed:
    """The error that says which image was not built, at which step, with its last lines."""
    lines = output.splitlines()
    hint = f"the whole output is in {log}"
    steps = [(number, step) for number, line in enumerate(lines) if (step := _STEP.match(line))]
    why = next((line for line in reversed(lines) if line.startswith("ERROR:")), "")
    if "exit code: 137" in why:
        why += "\nIt was killed, most likely for want of memory: a web build takes 5 GB."
    if not steps:
        last = "\n".join(lines[-12:])
        return BuildFailed(f"{_named(names)} not built:\n{last}", hint=hint)
    step_line, step = steps[-1]
    first = step["step"].split(" ")[0].removesuffix("_upstream")
    failed_names = [first] if first in names else names
    end = next((number for number in range(step_line + 1, len(lines)) if lines[number].startswith("---")), len(lines))
    last_lines = "\n".join(lines[step_line + 1 : end][-12:])
    failed = f"step [{step['step']}] `{shown(step['what'])}` failed"
    text = f"{_named(failed_names)} not built; {failed}:\n{last_lines}\n{shown(why)}"
    if own := next((line.partition(SAYS)[2] for line in lines[step_line + 1 : end] if SAYS in line), ""):
        text = f"{_named(failed_names)} not built: {own}. The step's last lines:\n{last_lines}"
    return BuildFailed(text.rstrip(), hint=hint)


def _named(names: Sequence[str]) -> str:
    return f"the image {names[0]} was" if len(names) == 1 else f"the images {', '.join(names)} were"
