"""The commands, as one Invoke namespace: what `tasks.py` and the program `difykit` offer."""

from invoke.collection import Collection

from difykit.commands import build, demo, deploy, init, overlay, patch, render, sync

namespace = Collection()
for _task in (
    init.init,
    sync.sync,
    build.build,
    render.render,
    deploy.deploy,
    deploy.status,
    deploy.logs,
    deploy.down,
    demo.demo,
):
    namespace.add_task(_task)
namespace.add_collection(overlay.collection)
namespace.add_collection(patch.collection)

__all__ = ["namespace"]
