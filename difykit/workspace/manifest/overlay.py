"""`overlay.yaml`: files, edits, settings and compose changes that belong together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from difykit.workspace.manifest.base import Distribution, EnvName, Model, Name, Pattern, Specifier, TreePath, Version
from difykit.workspace.manifest.by_release import AnyNeed, ComposeChanges, Need, OverlayEnv
from difykit.workspace.manifest.edit import AnyEdit, When

_MODULE = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
Module = Annotated[str, Pattern(_MODULE, "a dotted Python module")]
Blueprint = Annotated[str, Pattern(_MODULE + r":[A-Za-z_]\w*", "module:blueprint")]


class TreeEntry(Model):
    """A folder of whole files, laid over the release from its root."""

    source: TreePath = Field(alias="from", description="The folder in the overlay; its paths are those of Dify's root.")
    when: When | None = Field(default=None, description="When it applies; always, where this is left out.")


class Requires(Model):
    """What the overlay needs: a range of Dify releases, other overlays, settings that only the user knows."""

    dify: Specifier = Field(default="", description="A range of Dify versions, as in PEP 440, such as >=1.0,<2.")
    overlays: tuple[Name, ...] = Field(default=(), description="Overlays that must be enabled, before this one.")
    env: tuple[AnyNeed, ...] = Field(
        default=(), description="Settings that difykit.yaml or .env must have, such as the address of a database."
    )

    @property
    def settings(self) -> tuple[Need, ...]:
        """`env` with plain names as mappings."""
        return tuple(Need(key=entry) if isinstance(entry, str) else entry for entry in self.env)


class Migrations(Model):
    """Tables of the overlay's own: an Alembic environment beside Dify's, with a version table of its own."""

    folder: TreePath = Field(
        description="A folder below api/; the migrations are in its versions/, such as overlay_orders/migrations."
    )
    table: Annotated[str, Pattern(r"[a-z_][a-z0-9_]{0,62}", "the name of a table of a-z, 0-9 and _")] | None = Field(
        default=None, description="The version table, where it has a name already; difykit_<overlay> if left out."
    )

    def version_table(self, overlay: str) -> str:
        """The table of the database that says how far they have come. Its name stays: databases out there have it."""
        return self.table or "difykit_" + overlay.replace("-", "_")


class Api(Model):
    """What joins Dify's api."""

    blueprints: tuple[Blueprint, ...] = Field(
        default=(),
        description="Flask blueprints as module:name, registered after Dify's own. Dify's login does not cover them.",
    )
    console: tuple[Module, ...] = Field(
        default=(), description="Modules that join Dify's console namespace, so that login and CSRF checks work."
    )
    python: tuple[Distribution, ...] = Field(
        default=(), description="Python distributions that the api needs; what its image has keeps its version."
    )
    migrations: Migrations | None = Field(
        default=None, description="Tables of the overlay's own, which are brought up to date before api starts."
    )


class Route(Model):
    """A path prefix that the gateway sends to a service."""

    path: Annotated[
        str, Pattern(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+/?", "a path of letters, digits and . _ ~ - /")
    ] = Field(description="The prefix, such as /custom-endpoint.")
    to: Literal["api", "web"] = Field(default="api", description="The service that answers it.")


class Gateway(Model):
    """What the gateway learns to route."""

    routes: tuple[Route, ...] = Field(default=(), description="Prefixes and the services that answer them.")


class Secret(Model):
    """A secret that difykit generates once, and the services that get it."""

    generate: Annotated[int, Field(ge=16, le=256)] = Field(description="Its length in characters.")
    to: Annotated[tuple[str, ...], Field(min_length=1)] = Field(description="The services that get it.")


class Used(Model):
    """How Dify uses middleware that runs on hosts of its own."""

    overlay: Name = Field(description="The overlay to enable in its place, such as external-patroni.")
    env: dict[EnvName, str] = Field(
        default_factory=dict,
        description="Settings for that overlay, made of what the hosts' `.env` has, such as ${NODE_1}:6432.",
    )


class Middleware(Model):
    """The same middleware on hosts of its own: a Compose project for each, which `middleware.render` writes."""

    nodes: Annotated[int, Field(ge=1, le=9)] = Field(default=1, description="How many hosts there are.")
    folder: TreePath = Field(
        description="A folder of the overlay: the Compose project of one host, a compose.yaml and what it uses. It is"
        " taken as it is; what differs by host, and every secret, is in `.env` beside it."
    )
    env: tuple[EnvName, ...] = Field(
        default=(),
        description="Settings of difykit.yaml or .env that the hosts get, if they are set. The overlay's secrets and"
        " the passwords that Dify shares with it (DB_PASSWORD, REDIS_PASSWORD) are made where they are missing.",
    )
    images: tuple[Name, ...] = Field(
        default=(), description="Images of images/ that the hosts run; patroni is IMAGE_PATRONI in their `.env`."
    )
    ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = Field(
        default=(), description="The TCP ports at which the hosts, and Dify's, reach each other."
    )
    used: Used | None = Field(default=None, description="What Dify's workspace needs, to use it.")


class OverlayManifest(Model):
    """An overlay: files, edits, settings and compose changes that belong together."""

    version: Version
    description: Annotated[str, Field(min_length=1)] = Field(
        description="What it does, in a sentence; the message of its commit."
    )
    requires: Requires = Field(default=Requires(), description="The Dify releases and overlays that it needs.")
    conflicts: tuple[Name, ...] = Field(default=(), description="Overlays that it cannot be enabled with.")
    trees: tuple[TreeEntry, ...] = Field(
        default=(TreeEntry.model_validate({"from": "tree"}),),
        description="Folders of whole files; where two of them have the same path, the later one's file is laid.",
    )
    overrides: tuple[TreePath, ...] = Field(
        default=(), description="Files of the trees that may replace what a patch changes; else that is an error."
    )
    api: Api = Field(default=Api(), description="What joins Dify's api.")
    gateway: Gateway = Field(default=Gateway(), description="What the gateway learns to route.")
    edits: tuple[AnyEdit, ...] = Field(
        default=(), description="Changes to Dify's files, in this order, after the trees are laid."
    )
    env: OverlayEnv = Field(
        description="Settings of Dify that are not secret; difykit.yaml and .env win over them. A mapping with `when`,"
        " or a list of such, for what differs by release: at most one may hold, and without one the key is left alone."
    )
    secrets: dict[EnvName, Secret] = Field(
        default_factory=dict, description="Secrets that are generated once into .env, and the services that get them."
    )
    compose: ComposeChanges = Field(
        default=ComposeChanges(), description="Services to leave out, and Compose files to add."
    )
    images: tuple[Name, ...] = Field(default=(), description="Images of images/ that are built for it.")
    middleware: Middleware | None = Field(
        default=None, description="The same on hosts of its own: middleware.render and middleware.up."
    )
