"""What the workspace will hold: settings, `.env`, one overlay; and what stays, moves or is lost. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from difykit.adopt.deployment.deltas import Deltas, deltas_of
from difykit.adopt.deployment.edits import Edits, PathRoots, edits_of
from difykit.adopt.deployment.read import Old
from difykit.core import yaml
from difykit.workspace import dotenv

NAME = "adopted-deployment"
_PRIVATE = re.compile(r"(?i).*\.(?:key|pem|p12|pfx|crt|cer|csr)$")
_PEM = b"PRIVATE KEY-----"
# Written by the containers themselves into folders that they mount.
_MADE = re.compile(r"nginx/conf\.d/default\.conf|.*\.gitkeep|.*~|.*\.(?:bak|orig|swp)|.*\.tmp")
_NOTE = "# Kept from the deployment in {folder}: its data opens only with these secrets.\n"


@dataclass(frozen=True)
class DeploymentAdoption:
    """An adoption of a deployment."""

    old: Old
    deltas: Deltas
    edits: Edits
    tree: Mapping[str, bytes]
    """The overlay's whole files by their place below docker/."""
    data: Mapping[str, bytes]
    """Files that move into the data folder, certificates and keys, by their place there."""
    ignored: tuple[str, ...]

    @property
    def has_overlay(self) -> bool:
        """Whether there is anything for an overlay to say."""
        return bool(self.edits.text or self.edits.removed or self.tree)

    def describe(self) -> dict[str, object]:
        """The plan as `--json` prints it; no value of `.env` is in it."""
        return {
            "folder": str(self.old.folder),
            "release": self.old.release,
            "project": self.old.project,
            "running": None if self.old.running is None else dict(self.old.running),
            "env": dict(self.deltas.plain),
            "secrets": sorted(self.deltas.secrets),
            "unknown": list(self.deltas.unknown),
            "from_envs": list(self.deltas.from_envs),
            "services": sorted(self.edits.services),
            "removed": list(self.edits.removed),
            "files": sorted(self.tree),
            "data": sorted(self.data),
            "stay": list(self.edits.outside_mounts),
            "lost": list(self.edits.lost),
        }


def make_plan(old: Old) -> DeploymentAdoption:
    """The adoption of what was read."""
    ground = PathRoots(old.folder, frozenset(old.docker))
    tree, data, ignored = _files(old)
    return DeploymentAdoption(
        old=old,
        deltas=deltas_of(old.env, old.envs, old.docker, old.upstream),
        edits=edits_of(old.model, old.upstream, ground),
        tree=tree,
        data=data,
        ignored=tuple(ignored),
    )


def _files(old: Old) -> tuple[dict[str, bytes], dict[str, bytes], list[str]]:
    tree: dict[str, bytes] = {}
    data: dict[str, bytes] = {}
    ignored: list[str] = []
    for name, content in old.changed.items():
        if _MADE.fullmatch(name):
            continue
        if name.startswith("nginx/ssl/"):
            data[name] = content  # mounted from the data folder in every release
        elif _PRIVATE.fullmatch(name) or _PEM in content:
            ignored.append(f"{name}: a key or certificate, which belongs into no repository; mount it from where it is")
        elif b"\0" in content[:8000]:
            ignored.append(f"{name}: no text")
        else:
            tree[name] = content
    return tree, data, ignored


def settings_text(plan: DeploymentAdoption, url: str) -> str:
    """`difykit.yaml` of the workspace."""
    value = {
        "version": 1,
        "upstream": {"url": url, "ref": plan.old.release},
        "overlays": [NAME] if plan.has_overlay else [],
        "env": dict(sorted(plan.deltas.plain.items())),
        # The data is where it always was: in volumes/ of that folder.
        "deploy": {"target": "compose", "project": plan.old.project, "data": str(plan.old.folder)},
    }
    return "# yaml-language-server: $schema=.difykit/schema/difykit.schema.json\n" + yaml.dump(value)


def env_text(plan: DeploymentAdoption) -> str:
    """`.env` of the workspace."""
    return _NOTE.format(folder=plan.old.folder) + dotenv.set_raw("", dict(sorted(plan.deltas.secrets.items()))).lstrip(
        "\n"
    )


def overlay_files(plan: DeploymentAdoption) -> dict[str, bytes]:
    """The overlay's files by their place in its folder."""
    if not plan.has_overlay:
        return {}
    changes: dict[str, object] = {}
    if plan.edits.removed:
        changes["remove"] = list(plan.edits.removed)
    if plan.edits.text:
        changes["files"] = ["compose.yaml"]
    manifest: dict[str, object] = {
        "version": 1,
        "description": f"What the deployment in {plan.old.folder.name} changed by hand, at Dify {plan.old.release}",
    }
    if changes:
        manifest["compose"] = changes
    head = "# yaml-language-server: $schema=../../.difykit/schema/overlay.schema.json\n"
    contents = {"overlay.yaml": (head + yaml.dump(manifest)).encode()}
    if plan.edits.text:
        contents["compose.yaml"] = plan.edits.text.encode()
    return contents | {f"tree/docker/{name}": content for name, content in plan.tree.items()}


def notes(plan: DeploymentAdoption) -> Iterator[str]:
    """What a person has to know or do."""
    yield from (f"lost: {entry}" for entry in plan.edits.lost)
    yield from (f"not carried: {entry}" for entry in plan.ignored)
    yield from (f"stays where it is, and is mounted from there: {path}" for path in plan.edits.outside_mounts)
    for key in plan.deltas.unknown:
        yield f"{key}: nothing of Dify {plan.old.release} names it; it is kept, `difykit env.check` says more"
    for key in plan.deltas.from_envs:
        yield f"{key}: stood in a file of envs/, and now reaches every service that reads .env"
    images = {name: str(body.get("image", "")) for name, body in plan.old.model["services"].items()}
    if plan.old.running is None:
        yield (
            "no engine answered, so whether it runs is not known, nor whether its project is really called"
            f" {plan.old.project}: docker compose ls says so, and deploy.project in difykit.yaml must be the same"
        )
    for name, image in sorted((plan.old.running or {}).items()):
        if name not in images:
            yield f"{name} runs ({image}), and the files no longer have it: it ends with the first deploy"
