"""What no step before a running Dify would find in the overlays' own code: modules, Python, pages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from packaging.version import Version

from difykit.core.errors import Problem
from difykit.dify import layout
from difykit.git import Tree
from difykit.source.overlay.modules import module_findings
from difykit.source.overlay.syntax import syntax_findings
from difykit.source.routes import double_pages, hidden_pages, read_addresses
from difykit.workspace.overlay_files import laid_files
from difykit.workspace.workspace import Overlay


@dataclass(frozen=True)
class ContentFindings:
    """What would break once it runs, what might, and what was not judged."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    not_judged: tuple[str, ...] = ()


def content_findings(
    overlays: Sequence[Overlay], tree: Tree, base: Tree, release: Version, distributions: Collection[str] = ()
) -> ContentFindings:
    """Look at the code of the overlays in a source, which `tree` is; `base` is the release that it stands on.

    `distributions` are what images get beside the release's own; a module that may be one of theirs is not judged.
    """
    syntax = syntax_findings(overlays, tree, base, release)
    added = [*distributions, *(name for overlay in overlays for name in overlay.manifest.api.python)]
    modules = module_findings(overlays, tree, added)
    has_pages = any(path.startswith(f"{layout.PAGES}/") for path in laid_files(overlays))
    hidden = hidden_pages(overlays, read_addresses(tree, overlays)) if has_pages else []
    double = double_pages(overlays, tree.under(layout.PAGES)) if has_pages else []
    return ContentFindings(
        problems=(*syntax.problems, *modules.problems, *hidden, *double),
        warnings=tuple(syntax.warnings),
        not_judged=(*syntax.not_judged, *modules.not_judged),
    )
