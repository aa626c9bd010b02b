"""`overlay.yaml`: files, edits, settings and compose changes that belong together."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from difykit.manifest.base import Env, EnvName, Model, Name, Specifier, TreePath, Version, _pattern

Module = Annotated[str, _pattern(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", "a dotted Python module")]


class When(Model):
    """A condition on the release: its version, or a path that exists in it; both must hold when both are given."""

    dify: Specifier | None = None
    exists: TreePath | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.dify is None and self.exists is None:
            raise ValueError("needs `dify` or `exists`")
        return self


class TreeEntry(Model):
    """A folder of whole files, laid over the release from its root."""

    source: TreePath = Field(alias="from")
    when: When | None = None


class Replace(Model):
    """A literal text that stands exactly `count` times in the file, and what takes its place."""

    find: Annotated[str, Field(min_length=1)]
    text: str = Field(alias="with")
    count: Annotated[int, Field(ge=1)] = 1


class Json(Model):
    """Keys set in a JSON file; the file's own layout and order are kept."""

    merge: dict[str, Any]


class Edit(Model):
    """One structural change to one upstream file."""

    when: When | None = None
    file: TreePath
    replace: Replace | None = None
    json_: Json | None = Field(default=None, alias="json")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.replace is None) == (self.json_ is None):
            raise ValueError("needs exactly one of `replace`, `json`")
        return self


class OneOf(Model):
    """Alternatives of which exactly one must hold for the release."""

    one_of: Annotated[tuple[Edit, ...], Field(min_length=1)]


def _branch(value: Any) -> str:
    return "one_of" if isinstance(value, OneOf) or (isinstance(value, dict) and "one_of" in value) else "edit"


AnyEdit = Annotated[Annotated[Edit, Tag("edit")] | Annotated[OneOf, Tag("one_of")], Discriminator(_branch)]


class Requires(Model):
    """What the overlay needs: a range of Dify releases, other overlays."""

    dify: Specifier = ""
    overlays: tuple[Name, ...] = ()


class Api(Model):
    """What joins Dify's api."""

    blueprints: tuple[Annotated[str, _pattern(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", "module:blueprint")], ...] = ()
    console: tuple[Module, ...] = ()


class Route(Model):
    """A path prefix that the gateway sends to a service."""

    path: Annotated[str, _pattern(r"/[A-Za-z0-9._~/-]+", "a path of letters, digits and . _ ~ - /")]
    to: Literal["api", "web"] = "api"


class Gateway(Model):
    """What the gateway learns to route."""

    routes: tuple[Route, ...] = ()


class Secret(Model):
    """A secret that difykit generates once, and the services that get it."""

    generate: Annotated[int, Field(ge=16, le=256, description="its length in characters")]
    to: Annotated[tuple[str, ...], Field(min_length=1)]


class ComposeChanges(Model):
    """Services to leave out, and Compose files to add."""

    remove: tuple[str, ...] = ()
    files: tuple[TreePath, ...] = ()


class OverlayManifest(Model):
    """The whole of `overlay.yaml`."""

    version: Version
    description: Annotated[str, Field(min_length=1)]
    requires: Requires = Requires()
    conflicts: tuple[Name, ...] = ()
    trees: tuple[TreeEntry, ...] = (TreeEntry.model_validate({"from": "tree"}),)
    api: Api = Api()
    gateway: Gateway = Gateway()
    edits: tuple[AnyEdit, ...] = ()
    env: Env
    secrets: Annotated[dict[EnvName, Secret], Field(default_factory=dict)]
    compose: ComposeChanges = ComposeChanges()
