"""What stands in the way of a deployment, found before anything is touched."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.targets import folder
from difykit.targets.compose import preflight
from difykit.targets.compose.difference import differing

SERVICES: dict[str, dict[str, object]] = {
    "nginx": {"ports": [{"published": "8080", "target": 80, "protocol": "tcp"}, {"target": 443}]},
    "dns": {"ports": [{"published": "53", "protocol": "udp"}]},
    "api": {},
}


def test_only_published_tcp_ports_count() -> None:
    assert preflight.published(SERVICES) == {8080: "nginx"}


def test_a_taken_port_is_told_with_its_owner_and_its_setting() -> None:
    (fault,) = preflight.port_faults(SERVICES, lambda _: "shop-nginx-1 (shop)", {8080: "EXPOSE_NGINX_PORT"})
    assert fault.text == "port 8080, which nginx publishes, is taken by shop-nginx-1 (shop)"
    assert fault.mend == "stop that, or set EXPOSE_NGINX_PORT to another port in difykit.yaml's env"
    assert not list(preflight.port_faults(SERVICES, lambda _: None, {}))


def manifest(data: Path, project: str) -> None:
    folder = data / "releases" / "0001"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"project": project}))
    (data / "releases" / "current").symlink_to("0001")


def test_a_data_folder_of_another_project_is_refused(tmp_path: Path) -> None:
    manifest(tmp_path, "shop")
    assert not list(preflight._belonging_faults("shop", tmp_path))
    (fault,) = preflight._belonging_faults("dify", tmp_path)
    assert "belongs to the project shop, and deploy.project is dify" in fault.text


def test_a_project_that_runs_from_elsewhere_is_refused(tmp_path: Path) -> None:
    manifest(tmp_path / "data", "dify")
    own = tmp_path / "data" / "releases" / "current"
    assert not list(preflight._running_faults("dify", tmp_path / "data", [str(own), str(own.resolve())]))
    (fault,) = preflight._running_faults("dify", tmp_path / "data", ["/opt/dify/docker"])
    assert "a project dify runs already, from /opt/dify/docker" in fault.text


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(DifyKitError, match="is not a folder\nnothing was touched"):
        folder.check_folder(tmp_path / "data")


@pytest.mark.parametrize("name", ["releases", "volumes", "backups"])
@pytest.mark.parametrize("make", [Path.touch, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_a_part_of_the_data_folder_that_is_no_folder_is_refused(
    tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    make(tmp_path / name)
    for check in (folder.check_folder, folder.check_parts):
        with pytest.raises(DifyKitError, match=f"{name} is not a folder\nnothing was touched"):
            check(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    with pytest.raises(DifyKitError, match="your user may not write to the data folder"):
        folder.check_folder(tmp_path / "data")


def test_faults_are_told_together() -> None:
    faults = [folder.DeployFault("a is wrong", "mend a"), folder.DeployFault("b is wrong", "mend a")]
    with pytest.raises(DifyKitError) as caught:
        folder.refuse(faults)
    assert caught.value.message == "a is wrong\nb is wrong\nnothing was touched"
    assert caught.value.hint == "mend a"


def test_services_that_differ() -> None:
    old = {"services": {"a": {"image": "1"}, "b": {}, "c": {"networks": {"n": None}}}, "networks": {"n": {"x": 1}}}
    new = {"services": {"a": {"image": "2"}, "c": {"networks": {"n": None}}, "d": {}}, "networks": {"n": {"x": 2}}}
    assert differing(old, new) == {"a": "changed", "b": "removed", "c": "changed", "d": "added"}
    assert differing(old, old) == {}
