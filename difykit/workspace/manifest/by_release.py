"""What an overlay says differently by release: settings, services to leave out, Compose files to add."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, model_validator

from difykit.workspace.manifest.base import EnvName, EnvValue, Model, TreePath
from difykit.workspace.manifest.edit import When

_ALWAYS = "When it applies; always, where this is left out."
NAMED = re.compile(r"\$\$|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<url>:url)?\}")
"""What a template may hold: the value of another setting, plain or percent-encoded for a URL; `$$` is a dollar sign."""


class EnvChoice(Model):
    """A setting's value for some releases, or one that is made from other settings."""

    value: EnvValue | None = Field(default=None, description="The value.")
    template: str | None = Field(
        default=None,
        description="The value with those of other settings in it: ${NAME}, or ${NAME:url} percent-encoded for a URL;"
        " $$ is a dollar sign.",
    )
    when: When | None = Field(default=None, description=_ALWAYS)

    @property
    def names(self) -> frozenset[str]:
        """The settings that its template names."""
        return frozenset(match["name"] for match in NAMED.finditer(self.template or "") if match["name"])

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.value is None) == (self.template is None):
            raise ValueError("needs exactly one of `value`, `template`")
        if self.template is not None and "$" in NAMED.sub("", self.template):
            raise ValueError("a `$` in a template starts ${NAME} or ${NAME:url}; a dollar sign is $$")
        return self


def _kind(value: Any) -> str:
    if isinstance(value, dict | EnvChoice):
        return "choice"
    return "choices" if isinstance(value, list | tuple) else "text"


EnvEntry = Annotated[
    Annotated[EnvValue, Tag("text")]
    | Annotated[EnvChoice, Tag("choice")]
    | Annotated[tuple[EnvChoice, ...], Tag("choices")],
    Discriminator(_kind),
]
OverlayEnv = Annotated[dict[EnvName, EnvEntry], Field(default_factory=dict)]


class Need(Model):
    """A setting that must be there for some releases only."""

    key: EnvName = Field(description="The setting.")
    when: When | None = Field(default=None, description=_ALWAYS)


class Removal(Model):
    """A service to leave out, and who takes its place for those that waited for it."""

    service: Annotated[str, Field(min_length=1)] | None = Field(default=None, description="The service.")
    one_of: tuple[str, ...] = Field(
        default=(),
        description="Names that the service has in one release or another; the release must have exactly one of them.",
    )
    instead: str | None = Field(
        default=None, description="The service that those wait for, until it is healthy, that waited for this one."
    )
    when: When | None = Field(default=None, description=_ALWAYS)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that it may leave out."""
        return self.one_of or (self.service or "",)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.service is None) == (not self.one_of):
            raise ValueError("needs exactly one of `service`, `one_of`")
        return self


class ComposeFile(Model):
    """A Compose file of the overlay that is joined for some releases only."""

    file: TreePath = Field(description="The file, beside overlay.yaml.")
    when: When | None = Field(default=None, description=_ALWAYS)


def _plain_or_mapping(value: Any) -> str:
    return "name" if isinstance(value, str) else "mapping"


AnyNeed = Annotated[Annotated[EnvName, Tag("name")] | Annotated[Need, Tag("mapping")], Discriminator(_plain_or_mapping)]
AnyRemoval = Annotated[
    Annotated[str, Tag("name")] | Annotated[Removal, Tag("mapping")], Discriminator(_plain_or_mapping)
]
AnyFile = Annotated[
    Annotated[TreePath, Tag("name")] | Annotated[ComposeFile, Tag("mapping")], Discriminator(_plain_or_mapping)
]


class ComposeChanges(Model):
    """Services to leave out, and Compose files to add."""

    remove: tuple[AnyRemoval, ...] = Field(
        default=(), description="Services to leave out; what waited for one no longer does, or waits for another."
    )
    files: tuple[AnyFile, ...] = Field(
        default=(), description="Compose files of the overlay, joined to Dify's own by Compose itself."
    )

    @property
    def removals(self) -> tuple[Removal, ...]:
        """`remove` with plain names as mappings."""
        return tuple(Removal(service=entry) if isinstance(entry, str) else entry for entry in self.remove)

    @property
    def joined(self) -> tuple[ComposeFile, ...]:
        """`files` with plain names as mappings."""
        return tuple(ComposeFile(file=entry) if isinstance(entry, str) else entry for entry in self.files)
