"""The commands, as one Invoke namespace: what `tasks.py` and the program `difykit` offer."""

from invoke.collection import Collection

from difykit.commands import build, demo, deploy, doctor, init, lock, overlay, patch, render, sync

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
    doctor.doctor,
):
    namespace.add_task(_task)
namespace.add_collection(lock.collection)
namespace.add_collection(overlay.collection)
namespace.add_collection(patch.collection)

__all__ = ["namespace"]
