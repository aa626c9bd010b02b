"""From the project as Compose reads it to what the picture shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from difykit.core import files, yaml
from difykit.core.errors import DifyKitError
from difykit.dify import gateway, layout, services
from difykit.docker import compose_config
from difykit.git import Store
from difykit.release import compose
from difykit.topology.model import CUSTOM, OWN, STOCK, PictureNetwork, Port, ServiceBox, Topology
from difykit.topology.ranks import placed
from difykit.topology.traffic import links_of, role
from difykit.workspace.state import read_source
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class FolderFacts:
    """What a release folder says beside its Compose files."""

    release: str
    project: str
    overlays: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    images: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Each custom image's reference → its name and what it replaces."""
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Image name → the patches and overlays in it."""
    own: Mapping[str, str] = field(default_factory=dict)
    """A service that is not Dify's → the overlay that brings it, "" where none says so."""
    template: str = ""
    unbuilt: frozenset[str] = frozenset()
    """The references of custom images that are not built yet."""


def read_topology(workspace: Workspace, folder: Path | None = None) -> Topology:
    """The picture of a release folder, of the workspace's own where none is named.

    Raises DifyKitError without a folder, CommandFailed when Compose refuses it, MissingTool without Compose.
    """
    folder = folder or workspace.release
    try:
        manifest = files.read_json(folder / "manifest.json")
    except (OSError, ValueError) as error:
        raise DifyKitError(f"there is no release folder at {folder}", hint="make it: difykit render") from error
    facts = _facts(workspace, folder, manifest)
    return topology_of(compose_config(folder, facts.project), facts)


def _facts(workspace: Workspace, folder: Path, manifest: Mapping[str, Any]) -> FolderFacts:
    source = read_source(workspace.derived)
    parts: dict[str, tuple[str, ...]] = {}
    patches: tuple[str, ...] = ()
    if source and source.commit == manifest["source"]:
        patches = tuple(layer.name for layer in source.layers if layer.kind == "patch")
        with Store(workspace.store) as store:
            before = store.tree(source.base).entries
            for layer in source.layers:
                after = store.tree(layer.commit).entries
                tops = {path.partition("/")[0] for path, _ in before.items() ^ after.items()}
                for top in tops & {layout.API, layout.WEB} if layer.kind != "wiring" else ():
                    parts[top] = (*parts.get(top, ()), layer.name.removesuffix(".patch"))
                before = after
    template = folder / layout.in_docker(gateway.TEMPLATE)
    return FolderFacts(
        release=str(manifest["release"]),
        project=str(manifest["project"]),
        overlays=tuple(map(str, manifest["overlays"])),
        patches=patches,
        images={entry["reference"]: (entry["name"], entry["replaces"]) for entry in manifest["images"]},
        parts={
            **{name: parts.get(_top(entry["replaces"]), ()) for entry in manifest["images"] for name in [entry["name"]]}
        },
        own=_own(folder, manifest),
        template=files.read_text(template, errors="replace") if template.is_file() else "",
        unbuilt=frozenset(entry["reference"] for entry in manifest["images"] if entry.get("built") is False),
    )


def _top(replaces: str) -> str:
    return {services.API_IMAGE: layout.API, services.WEB_IMAGE: layout.WEB}.get(replaces, "")


def _own(folder: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """The services that the overlays' files bring, by the overlay; the last one that speaks of it has it."""
    owners: dict[str, str] = {}
    dify = _services(folder / "dify.yaml")
    for name in manifest["files"]:
        pieces = Path(name).parts
        if pieces[0] == "overlays" and len(pieces) > 2 and name.endswith((".yaml", ".yml")):
            owners |= dict.fromkeys(_services(folder / name) - dify, pieces[1])
    return owners


def _services(path: Path) -> set[str]:
    value = yaml.load(str(path), files.read_text(path), local_tags=True).value
    services = value.get("services") if isinstance(value, dict) else None
    return {str(name) for name in services} if isinstance(services, dict) else set()


def topology_of(config: Mapping[str, Any], facts: FolderFacts) -> Topology:
    """The picture of `config`, the project as `docker compose config` prints it."""
    bodies: Mapping[str, Mapping[str, Any]] = config.get("services", {})
    roles = {name: role(name, body, _replaced(body, facts)) for name, body in bodies.items()}
    links, places = links_of(bodies, roles, facts.template)
    shown = [_service(name, body, roles[name], facts) for name, body in sorted(bodies.items())]
    networks = config.get("networks", {})
    used = Counter(name for service in shown for name in service.networks)
    ranked = sorted(used, key=lambda name: (-used[name], name))
    return Topology(
        release=facts.release,
        project=facts.project,
        services=placed((*shown, *places), links, roles),
        links=links,
        networks=tuple(PictureNetwork(name, bool((networks.get(name) or {}).get("internal"))) for name in ranked),
        overlays=facts.overlays,
        patches=facts.patches,
    )


def _replaced(body: Mapping[str, Any], facts: FolderFacts) -> str:
    image = str(body.get("image", ""))
    replaced = facts.images.get(image, ("", ""))[1] or image
    return compose.repository(replaced)


def _service(name: str, body: Mapping[str, Any], kind: str, facts: FolderFacts) -> ServiceBox:
    image = str(body.get("image", ""))
    custom = facts.images.get(image)
    parts = facts.parts.get(custom[0], ()) if custom else (facts.own[name],) if facts.own.get(name) else ()
    restart = str(body.get("restart", ""))
    return ServiceBox(
        name=name,
        tier="",
        mark=CUSTOM if custom else OWN if name in facts.own else STOCK,
        title=kind,
        image=image or "built here",
        once=name in {services.INIT_PERMISSIONS, compose.MIGRATE}
        or (restart in {"no", "on-failure"} and "init" in name),
        ports=tuple(sorted(map(_port, body.get("ports", ())), key=lambda port: (port.container, port.host))),
        networks=_networks(body),
        waits_for=tuple(sorted(body.get("depends_on") or ())),
        parts=parts,
        mounts=tuple(sorted({str(mount.get("target", "")) for mount in body.get("volumes", ())} - {""})),
        built=image not in facts.unbuilt,
    )


def _networks(body: Mapping[str, Any]) -> tuple[str, ...]:
    if mode := str(body.get("network_mode", "")):
        return () if mode == "none" else (mode,)
    return tuple(sorted(body.get("networks") or ()))


def _port(published: Mapping[str, Any]) -> Port:
    return Port(
        str(published.get("published", "")),
        int(published["target"]),
        str(published.get("protocol", "tcp")),
        published.get("host_ip", ""),
    )
