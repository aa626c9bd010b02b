"""An adoption in words: on the screen, and whole in ADOPTED.md."""

from __future__ import annotations

from difykit.adopt.deployment.plan import NAME, DeploymentAdoption, notes


def lines(plan: DeploymentAdoption) -> list[str]:
    """What was found and what becomes of it, a line each."""
    old, deltas = plan.old, plan.deltas
    runs = "running" if old.running else "not running" if old.running is not None else "running or not"
    report_lines = [
        f"Dify {old.release}, project {old.project}, {runs}: {old.folder}",
        f"settings: {len(deltas.plain)} into difykit.yaml, {len(deltas.secrets)} into .env; {deltas.same} are Dify's",
        f"data: stays in {old.folder}/volumes",
    ]
    if plan.has_overlay:
        parts = [f"services {', '.join(sorted(plan.edits.services))}"] if plan.edits.services else []
        parts += [f"without {', '.join(plan.edits.removed)}"] if plan.edits.removed else []
        parts += [f"files {', '.join(sorted(plan.tree))}"] if plan.tree else []
        report_lines.append(f"hand edits, in overlays/{NAME}: {'; '.join(parts)}")
    if plan.data:
        report_lines.append(f"copied into the data folder: {', '.join(sorted(plan.data))}")
    return report_lines


def page(plan: DeploymentAdoption) -> str:
    """ADOPTED.md."""
    entries = [*lines(plan), *notes(plan)]
    body = "\n".join(f"- {line}" for line in entries)
    return f"""# Adopted deployment

{body}

## Next

1. Back up: stop the old deployment, copy `{plan.old.folder}/volumes`, or dump its database.
2. `invoke sync build`
3. `invoke deploy --check` says what changes, then `invoke deploy`.

To go back: `invoke down`, then `docker compose up -d` in `{plan.old.folder}`: nothing of it was changed.
"""
