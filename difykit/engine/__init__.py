"""The Docker engine, buildx and Compose, as difykit uses them; the only place that calls them.

What is asked on every run goes through the docker program: it answers in 10 ms, importing docker-py takes 130 ms.
"""

from difykit.engine.archive import loading, saved
from difykit.engine.bake import bake, bake_argv
from difykit.engine.client import credentials, registry_of
from difykit.engine.compose import (
    compose,
    compose_argv,
    compose_config,
    compose_down,
    compose_env,
    compose_logs,
    compose_model,
    compose_recreates,
    compose_up,
    projects_of,
)
from difykit.engine.containers import (
    ProjectContainer,
    check_passes,
    feed,
    project_containers,
    run_in,
    save_from,
    settle_names,
    stop_container,
)
from difykit.engine.facts import (
    Container,
    EngineFacts,
    ToolFacts,
    builder_driver,
    buildx_facts,
    compose_facts,
    containers,
    docker_facts,
    engine_facts,
    published,
    read_info,
)
from difykit.engine.files import FileInImage, ImageFiles, forget_readers, open_image
from difykit.engine.images import (
    ImageInfo,
    engine_platform,
    image_of_container,
    images_in_use,
    inspect,
    inspect_all,
    missing,
    own_sizes,
    remove_tree,
    tag,
    untag,
)
from difykit.engine.placed import Network, Placed, Published, networks, placed
from difykit.engine.probe import forget_probes, run_beside, run_program
from difykit.engine.pull import pull
from difykit.engine.push import PushBroken, push
from difykit.engine.registry import remote_digest
from difykit.engine.tools import available, compose_version, engine_version, need_buildx, need_compose, need_engine

__all__ = [
    "Container",
    "EngineFacts",
    "FileInImage",
    "ImageFiles",
    "ImageInfo",
    "Network",
    "Placed",
    "ProjectContainer",
    "Published",
    "PushBroken",
    "ToolFacts",
    "available",
    "bake",
    "bake_argv",
    "builder_driver",
    "buildx_facts",
    "check_passes",
    "compose",
    "compose_argv",
    "compose_config",
    "compose_down",
    "compose_env",
    "compose_facts",
    "compose_logs",
    "compose_model",
    "compose_recreates",
    "compose_up",
    "compose_version",
    "containers",
    "credentials",
    "docker_facts",
    "engine_facts",
    "engine_platform",
    "engine_version",
    "feed",
    "forget_probes",
    "forget_readers",
    "image_of_container",
    "images_in_use",
    "inspect",
    "inspect_all",
    "loading",
    "missing",
    "need_buildx",
    "need_compose",
    "need_engine",
    "networks",
    "open_image",
    "own_sizes",
    "placed",
    "project_containers",
    "projects_of",
    "published",
    "pull",
    "push",
    "read_info",
    "registry_of",
    "remote_digest",
    "remove_tree",
    "run_beside",
    "run_in",
    "run_program",
    "save_from",
    "saved",
    "settle_names",
    "stop_container",
    "tag",
    "untag",
]
