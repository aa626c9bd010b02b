"""What a row of the table of bad inputs is, and the few ways in which rows make a workspace bad."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.support.trees import Content, write_tree
from tests.support.workspaces import WorkspaceFixture

Make = Callable[[WorkspaceFixture], object]

SHELL = "$(touch CANARY)"
TICKS = "`touch CANARY`"
AND_THEN = "; touch CANARY ;"
"""Names that would make a file CANARY, were they ever to reach a shell."""


@dataclass(frozen=True)
class Bad:
    """One bad input: what makes the workspace bad, and all that difykit says of it on standard error.

    UPSTREAM stands for the folder of the upstream repository, TMP for the one that the workspace `space` is in,
    COMMIT for a commit id. Where nothing is `fetched`, the release is not here yet.
    """

    name: str
    make: Make
    fail: str
    hint: str = ""
    code: int = 2
    said: str = ""
    """What comes before the failure: the steps so far, without git's own progress."""
    args: tuple[str, ...] = ("sync",)
    fetched: bool = True
    cwd: str = "space"
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def err(self) -> str:
        """The whole of standard error."""
        return f"{self.said}fail {self.fail}\n" + (f"hint {self.hint}\n" if self.hint else "")


def fine(space: WorkspaceFixture) -> None:
    """Nothing is wrong in the workspace itself: the command line or the environment is."""
    space.write({})


def files(tree: Mapping[str, Content]) -> Make:
    """Files of the workspace."""
    return lambda space: write_tree(space.root, tree)


def settings(text: str | bytes) -> Make:
    """The whole of difykit.yaml."""
    return files({"difykit.yaml": text})


def upstream(url: str) -> Make:
    """An upstream.url, as it stands in the YAML."""
    return settings(f"version: 1\nupstream:\n  url: {url}\n  ref: 1.0.0\n")


def ref(text: str) -> Make:
    """An upstream.ref."""
    return lambda space: space.pin(text)


def overlay(manifest: str = "", tree: Mapping[str, Content] | None = None) -> Make:
    """The overlay `a` with these keys, from line 3 on, and these files."""
    return lambda space: space.overlay("a", tree, manifest)


def edits(*items: str) -> Make:
    """The overlay `a` with these edits, from line 4 on."""
    return overlay("edits:\n" + "".join(f"- {item}\n" for item in items))


def after(first: Make, manifest: str = "", tree: Mapping[str, Content] | None = None) -> Make:
    """What `first` makes, then the overlay `b`."""

    def make(space: WorkspaceFixture) -> None:
        first(space)
        space.overlay("b", tree, manifest)

    return make


def patch(text: str, name: str = "0001-x.patch") -> Make:
    """One patch, in the series."""
    return lambda space: space.patch(name, text)
