"""What to do with the folders of middleware's hosts, in words: the same on the screen and in README.txt."""

from __future__ import annotations

import shlex

from difykit.middleware.inputs import COMPOSE
from difykit.middleware.plan import NodesPlan


def steps(plan: NodesPlan) -> list[str]:
    """The steps in their order, each a line or more."""
    is_cluster = len(plan.nodes) > 1
    lines = ["Copy each folder to its host, to a place that stays. `.env` holds passwords: keep it closed to others."]
    lines += [f"   node-{node.number} → {node.address}" for node in plan.nodes]
    if plan.local:
        lines.append("Load the image there that no registry has:")
        lines += [f"   docker save {image} | ssh HOST docker load" for image in plan.local]
    if plan.ports:
        ports = " ".join(map(str, plan.ports))
        between = "between these hosts, and from" if is_cluster else "from"
        lines.append(f"Open TCP {ports} {between} Dify's host; to nobody else.")
    lines.append("In the folder, on each host: docker compose up --detach")
    if is_cluster:
        lines.append("   One alone may wait: most are healthy only when another runs.")
    lines.append(f"   The data is in {plan.data}/, outside the folder; see {COMPOSE} there.")
    if plan.overlay or plan.settings:
        lines.append("In Dify's workspace:")
        lines += [f"   difykit overlay.enable {plan.overlay}"] if plan.overlay else []
        lines += [f"   difykit env.set {shlex.quote(f'{key}={value}')}" for key, value in plan.settings.items()]
        lines.append("   invoke sync build deploy")
    return _numbered(lines)


def _numbered(lines: list[str]) -> list[str]:
    numbered, number = [], 0
    for line in lines:
        if line.startswith(" "):
            numbered.append(line)
        else:
            number += 1
            numbered.append(f"{number}. {line}")
    return numbered


def readme(name: str, description: str, plan: NodesPlan) -> str:
    """The text of README.txt."""
    notice = f"Written by difykit middleware.render {name}; run it again instead of changing files here."
    return "\n".join([f"{name}: {description}", notice, "", *steps(plan)]) + "\n"
