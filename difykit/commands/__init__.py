"""The commands, as one Invoke namespace: what `tasks.py` and the program `difykit` offer."""

from invoke.collection import Collection

from difykit.commands import (
    adopt,
    build,
    bundle,
    demo,
    deploy,
    doctor,
    env,
    finish,
    image,
    init,
    lock,
    middleware,
    overlay,
    patch,
    postgres,
    publish,
    render,
    sync,
    topology,
    upgrade,
)

namespace = Collection()
for _task in (
    init.init,
    sync.sync,
    finish.modify,
    finish.finish,
    build.build,
    publish.publish,
    render.render,
    deploy.deploy,
    deploy.status,
    deploy.logs,
    deploy.down,
    demo.demo,
    doctor.doctor,
    topology.topology,
):
    namespace.add_task(_task)
namespace.add_collection(adopt.collection)
namespace.add_collection(bundle.collection)
namespace.add_collection(env.collection)
namespace.add_collection(image.image)
namespace.add_collection(image.images)
namespace.add_collection(lock.collection)
namespace.add_collection(middleware.collection)
namespace.add_collection(overlay.collection)
namespace.add_collection(patch.collection)
namespace.add_collection(postgres.collection)
namespace.add_collection(upgrade.collection)

__all__ = ["namespace"]
