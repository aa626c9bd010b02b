"""What a sync makes all the same and says: code of overlays that will not run, dependencies that are not locked."""

from __future__ import annotations

from packaging.version import Version

from difykit.core.progress import Progress
from difykit.git import Store
from difykit.source import overlay
from difykit.source.sync.chain import SourceChain
from difykit.source.sync.dependencies import unlocked
from difykit.source.sync.plan import SourceInputs


def tell(progress: Progress, store: Store, chain: SourceChain, inputs: SourceInputs, release: Version | None) -> None:
    """Say what stands against the new layers of a chain; what was made before was told then."""
    if not chain.new:
        return
    tree, base = store.tree(chain.tip), store.tree(chain.base)
    content = overlay.content_findings(inputs.overlays, tree, base, release or Version("0"))
    for problem in (*content.problems, *content.warnings):
        progress.warn(str(problem))
    if content.problems:
        progress.hint("mend it before it is built; all of it: difykit overlay.check")
    for manifest in unlocked(tree, base, chain.builder.owner):
        progress.warn(str(manifest))
        progress.hint(manifest.mending)
