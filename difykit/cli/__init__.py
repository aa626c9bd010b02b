"""The commands, as one Invoke namespace: what `tasks.py` and the program `difykit` offer."""

from difykit.core import failure, streams

# All ways in pass here first, those of `invoke` too: what is missing then is told, and no traceback shown.
streams.prepare()
try:
    from invoke.collection import Collection

    from difykit.cli import (
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
    from difykit.cli.program import DifyKitProgram, InvokeSettings
    from difykit.cli.screen import version
except KeyboardInterrupt:
    raise SystemExit(130) from None
except Exception as error:  # noqa: BLE001 - whatever a package that is not whole raises
    reason = failure.explain(error) or failure.unusable(error)
    streams.say("fail", reason.message)
    streams.say("hint", reason.hint)
    raise SystemExit(1) from None

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

__all__ = [
    "DifyKitProgram",
    "InvokeSettings",
    "namespace",
    "version",
]
