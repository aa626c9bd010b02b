"""Where services have their data: never in what difykit makes anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from difykit.core.errors import ConfigError
from difykit.release.render.plan import plan_render
from difykit.release.render.write import _check_mounts
from difykit.workspace.workspace import Workspace
from tests.support.trees import write_tree
from tests.unit.test_render_plan import COMPOSE, DOCKER, make_inputs, overlay

MYSQL = "  mysql: {image: mysql, volumes: ['${MYSQL_HOST_VOLUME:-./volumes/mysql/data}:/var/lib/mysql']}\n"
FILES = {name: ("100644", text.encode()) for name, text in {**DOCKER, "docker-compose.yaml": COMPOSE + MYSQL}.items()}


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    write_tree(tmp_path, {"difykit.yaml": "version: 1\nupstream: {ref: 1.0.0}\n", "data/x": "", ".difykit/x": ""})
    (tmp_path / "link").symlink_to(".difykit")
    return Workspace.open(tmp_path)


def check(space: Workspace, **changes: Any) -> None:
    plan = plan_render(make_inputs(docker=FILES, data=space.data / "volumes", **changes))
    _check_mounts(space, plan)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("./mysql", "is inside the release folder, which is made anew"),
        (".", "is inside the release folder, which is made anew"),
        ("../mysql", "is inside the release folder, which is made anew"),
        ("SPACE/.difykit/release/mysql", "lies in .difykit, which difykit makes anew"),
        ("SPACE/.difykit", "is .difykit, which difykit makes anew"),
        ("SPACE/data/../.difykit/x", "lies in .difykit, which difykit makes anew"),
        ("SPACE/link/x", "lies in .difykit, which difykit makes anew"),
        ("SPACE/data/releases/0001/x", "lies in releases of the data folder, which are pruned"),
    ],
)
def test_a_setting_puts_no_data_where_it_is_deleted(space: Workspace, value: str, fault: str) -> None:
    value = value.replace("SPACE", str(space.root))
    with pytest.raises(ConfigError) as caught:
        check(space, settings_env={"MYSQL_HOST_VOLUME": value})
    assert caught.value.message == f"difykit.yaml: MYSQL_HOST_VOLUME: the mount of {value!r} {fault}"
    with pytest.raises(ConfigError, match=r"^\.env: MYSQL_HOST_VOLUME: the mount of"):
        check(space, user_env=f"MYSQL_HOST_VOLUME={value}\n")


@pytest.mark.parametrize("value", ["", "./volumes/mysql/data", "/srv/mysql", "mysql-volume", "SPACE/data/mysql"])
def test_a_setting_puts_data_anywhere_else(space: Workspace, value: str) -> None:
    check(space, settings_env={"MYSQL_HOST_VOLUME": value.replace("SPACE", str(space.root))} if value else {})


@pytest.mark.parametrize("form", ["'{}:/x'", "{{type: bind, source: '{}', target: /x}}"])
def test_an_overlay_mounts_nothing_that_is_deleted(space: Workspace, form: str) -> None:
    source = f"{space.root}/.difykit/release/x"
    mount = form.format(source)
    part = overlay(files={"compose.yaml": f"services: {{api: {{volumes: [{mount}]}}}}\n"})
    with pytest.raises(ConfigError) as caught:
        check(space, overlays=(part,))
    assert caught.value.message == (
        f"overlays/own/compose.yaml: the mount of {source!r} lies in .difykit, which difykit makes anew"
    )


def test_an_overlay_mounts_data_and_the_machines_own(space: Workspace) -> None:
    text = "services: {api: {volumes: ['${DIFY_DATA:?}/x:/x', '/var/run/docker.sock:/y', 'named:/z']}}\n"
    check(space, overlays=(overlay(files={"compose.yaml": text}),))
