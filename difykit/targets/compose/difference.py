"""Which services two release folders start differently, by what Compose makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from difykit.docker.project import Stack
from difykit.release.render import RenderPlan, previewed


def planned(plan: RenderPlan, live: Path, project: str, scratch: Path) -> dict[str, Any]:
    """What Compose would make of a planned folder if it were at the path `live`; nothing of it stays in `scratch`.

    Raises CommandFailed when Compose refuses it.
    """
    with previewed(plan, scratch) as folder:
        config = Stack.read(folder, project).config
        relocated: dict[str, Any] = json.loads(json.dumps(config).replace(json.dumps(str(folder))[1:-1], str(live)))
    return relocated


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    """The services that differ, each with `added`, `removed` or `changed`; networks and volumes belong to services."""
    before, after = old.get("services") or {}, new.get("services") or {}
    changes = {name: "added" for name in after if name not in before}
    changes |= {name: "removed" for name in before if name not in after}
    changes |= {name: "changed" for name in after if name in before and after[name] != before[name]}
    for kind in ("networks", "volumes"):
        old_bodies, new_bodies = old.get(kind) or {}, new.get(kind) or {}
        moved = {name for name in {*old_bodies, *new_bodies} if old_bodies.get(name) != new_bodies.get(name)}
        for name, service in after.items():
            uses = service.get(kind) or ()
            used = {str(use.get("source")) if isinstance(use, dict) else str(use) for use in uses}
            if used & moved:
                changes.setdefault(name, "changed")
    return dict(sorted(changes.items()))
