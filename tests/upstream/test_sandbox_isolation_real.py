"""Dify's own ssrf proxy, release by release, in a real Squid: what it lets through, what sandbox-isolation closes."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from difykit import docker as engine
from difykit.source.overlay.edits import apply_edit
from difykit.workspace.manifest import Edit, OverlayManifest
from difykit.workspace.manifest.load import read_manifest
from difykit.workspace.workspace import presets
from tests.support.real_render import PLACE
from tests.support.sandbox_network import address, container, docker, internet, look, network, server

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.docker,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository"),
]

PROXY = "http://ssrf_proxy:3128"
RELEASES = ("1.5.1", "1.8.1", "1.12.1", "1.14.2", "1.15.0")


def read(release: str, name: str) -> bytes:
    argv = ["git", "-C", PLACE, "show", f"{release}:docker/ssrf_proxy/{name}"]
    return subprocess.run(argv, check=True, capture_output=True).stdout


@dataclass(frozen=True)
class Yard:
    """A closed network with the proxy on it, and the addresses of servers that it alone can reach."""

    inside: str
    public: str
    private: str


@contextlib.contextmanager
def yard(folder: Path, release: str, *, closed: bool, allowed: str = "255.255.255.255") -> Iterator[Yard]:
    if reason := engine.available():
        pytest.skip(reason)
    template = read(release, "squid.conf.template")
    if closed:
        template = with_overlay(template, release)
    for name, content in (("squid.conf.template", template), ("entry.sh", read(release, "docker-entrypoint.sh"))):
        (folder / name).write_bytes(content)
    # As the image that Dify names has it: the stand-in is Debian's own Squid.
    (folder / "debian.conf").write_text("http_access allow localnet\n" if Version(release) < Version("1.15") else "")
    mounts = {
        "squid.conf.template": "/etc/squid/squid.conf.template",
        "entry.sh": "/entry.sh",
        "debian.conf": "/etc/squid/conf.d/debian.conf",
    }
    settings = {
        "HTTP_PORT": "3128",
        "COREDUMP_DIR": "/var/spool/squid",
        "REVERSE_PROXY_PORT": "8194",
        "SANDBOX_HOST": "sandbox",
        "SANDBOX_PORT": "8194",
        "SSRF_PROXY_ALLOW_PRIVATE_IPS": allowed,
        "SSRF_PROXY_ALLOW_PRIVATE_DOMAINS": "nobody.invalid",
    }
    options = [word for name, to in mounts.items() for word in ("--volume", f"{folder / name}:{to}:ro")]
    options += [word for key, value in settings.items() for word in ("--env", f"{key}={value}")]
    options += ["--network-alias", "ssrf_proxy", "--entrypoint", "bash"]
    with (
        network("--internal") as inside,
        internet() as outside,
        network() as lan,
        server(outside) as web,
        server(lan) as secret,
        container(inside, "ubuntu/squid:latest", "/entry.sh", options=tuple(options)) as proxy,
    ):
        for each in (outside, lan):
            docker("network", "connect", each, proxy)
        here = Yard(inside, address(web, outside), address(secret, lan))
        until = time.monotonic() + 60
        while "the internet" not in look(inside, ("get", PROXY, f"http://{here.public}/"))[0]:
            assert time.monotonic() < until, docker("logs", proxy)
        yield here


def with_overlay(template: bytes, release: str) -> bytes:
    place = presets() / "overlays" / "sandbox-isolation" / "overlay.yaml"
    for edit in read_manifest(OverlayManifest, place, place.name).edits:
        assert isinstance(edit, Edit)
        assert edit.when is not None
        if release in SpecifierSet(edit.when.dify or ""):
            _, template = apply_edit("sandbox-isolation", edit, ("100644", template))
    return template


def attempts(here: Yard) -> list[tuple[object, ...]]:
    return [
        ("get", PROXY, f"http://{here.private}/"),
        ("get", PROXY, "http://127.0.0.1:3128/"),
        ("get", PROXY, "http://localhost:3128/"),
        ("get", PROXY, "http://169.254.169.254/latest/meta-data/"),
        ("get", PROXY, f"http://{here.public}/?to=http://{here.private}/"),
        ("connect", PROXY, f"{here.private}:443"),
        ("connect", PROXY, f"{here.private}:5432"),
        ("plain", "ssrf_proxy", 8194, here.private),
    ]


@pytest.mark.parametrize("release", RELEASES)
def test_with_the_overlay_the_proxy_goes_to_the_internet_and_nowhere_else(tmp_path: Path, release: str) -> None:
    with yard(tmp_path, release, closed=True) as here:
        *private, reverse = look(here.inside, *attempts(here))
        assert [said for said in private if said not in {"403 ERR_ACCESS_DENIED", "403"}] == []
        assert "ERR_ACCESS_DENIED" in reverse or reverse == "ConnectionRefusedError"


@pytest.mark.parametrize("release", ["1.5.1", "1.12.1"])
def test_before_1_15_dify_s_own_proxy_goes_to_private_addresses(tmp_path: Path, release: str) -> None:
    with yard(tmp_path, release, closed=False) as here:
        assert "the internet" in look(here.inside, attempts(here)[0])[0]


def test_a_private_server_that_is_allowed_is_reached(tmp_path: Path) -> None:
    with yard(tmp_path, "1.12.1", closed=True, allowed="10.0.0.0/8 172.16.0.0/12 192.168.0.0/16") as here:
        allowed, metadata = look(here.inside, attempts(here)[0], attempts(here)[3])
        assert "the internet" in allowed
        assert metadata == "403 ERR_ACCESS_DENIED"
