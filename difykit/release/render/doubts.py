"""What in overlays' Compose files Compose refuses, or may refuse, as far as it can be told without asking it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from difykit.core.errors import Problem
from difykit.release import compose
from difykit.release.render.environment import Environment
from difykit.release.render.overlays import Joined


def doubts(overlays: Joined, rewritten: Mapping[str, Any], environment: Environment) -> tuple[Problem, ...]:
    """Names in services that run and that stand for nothing, and what Compose's own schema does not know.

    A Compose of another version may take it, so that Compose decides where it is.
    """
    resolve = partial(compose.interpolate, values=environment.values)
    profiles = compose.profiles(environment.values)
    return (
        *compose.reference_faults(overlays.files, rewritten, resolve, profiles),
        *(
            Problem(file.label, file.line(path), f"{'.'.join(map(str, path)) or 'the file'}: {why}")
            for file in overlays.files
            for path, why in compose.schema_faults(file.value)
        ),
    )
