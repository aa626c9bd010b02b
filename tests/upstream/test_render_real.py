"""The release folder made from real releases of Dify, as Compose itself reads it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from difykit import compose, env, state
from difykit.files import write
from difykit.git import Store
from difykit.manifest import OverlayManifest
from difykit.render import Inputs, Part, RenderPlan, plan_render
from difykit.wiring.gateway import wire_gateway

pytestmark = pytest.mark.upstream

RELEASES = ("1.0.0", "1.4.1", "1.8.1", "1.10.1", "1.12.1", "1.14.1", "1.15.0")
CLOSURE = {"1.0.0": 3, "1.4.1": 3, "1.8.1": 4, "1.10.1": 4, "1.12.1": 4, "1.14.1": 5, "1.15.0": 5}
API, WEB = "dify-api-custom:1-a", "dify-web-custom:1-b"
IMAGES = (
    state.Image(name="api", replaces="langgenius/dify-api", strategy="layer", reference=API, image_id="sha256:a"),
    state.Image(name="web", replaces="langgenius/dify-web", strategy="source", reference=WEB, image_id="sha256:b"),
)
ROUTED = OverlayManifest.model_validate(
    {"version": 1, "description": "d", "gateway": {"routes": [{"path": "/custom-endpoint", "to": "api"}]}}
)
TEMPLATE = "nginx/conf.d/default.conf.template"


def repository() -> Path:
    place = os.environ.get("DIFYKIT_UPSTREAM", "").removeprefix("file://")
    if not place:
        pytest.skip("DIFYKIT_UPSTREAM names no repository of Dify's releases")
    return Path(place)


def read_docker(store: Store, release: str) -> tuple[dict[str, tuple[str, bytes]], bool]:
    """The files below docker/ of a release, and whether it has its own light ping."""
    tree = store.tree(release)
    blobs = {path.removeprefix("docker/"): tree.read(path) for path in tree.under("docker")}
    return {path: blob for path, blob in blobs.items() if blob}, "api/celery_healthcheck.py" in tree.entries


def make_inputs(release: str, data: Path, **changes: Any) -> Inputs:
    with Store(repository()) as store:
        docker, own_ping = read_docker(store, release)
    routed = wire_gateway(docker[TEMPLATE][1].decode(), [("hello", ROUTED.gateway.routes[0])])
    given: dict[str, Any] = {
        "source": state.Source(release=release, base="b" * 40, commit="c" * 40, layers=()),
        "images": IMAGES,
        "docker": docker | {TEMPLATE: ("100644", routed.encode())},
        "added": frozenset(),
        "own_ping": own_ping,
        "overlays": (Part("hello", ROUTED, {}),),
        "settings_env": {},
        "user_env": "",
        "project": "dify",
        "data": data,
        "used": False,
    }
    return Inputs(**given | changes)


def settled(inputs: Inputs) -> str:
    """A `.env` of the user that holds every secret that `inputs` lack."""
    return env.set_values("", {key: f"made-{key}" for key in plan_render(inputs).generate})


def write_plan(plan: RenderPlan, folder: Path) -> Path:
    for name, (mode, content) in plan.files.items():
        write(folder / name, content, mode=mode)
    return folder


def write_upstream(inputs: Inputs, folder: Path) -> Path:
    """A folder as Dify's own guide has it made, with all env files."""
    for name, (_, content) in inputs.docker.items():
        write(folder / name, content)
        if name.endswith(".env.example"):
            write(folder / name.removesuffix(".example"), content)
    return folder


def config(file: Path, *profiles: str) -> dict[str, Any]:
    """What Compose makes of a file, read from another folder and with a clean environment."""
    argv = ["docker", "compose", "-f", str(file)]
    argv += [word for profile in profiles for word in ("--profile", profile)]
    clean = {key: os.environ[key] for key in ("PATH", "HOME", "DOCKER_HOST") if key in os.environ}
    done = subprocess.run([*argv, "config", "--format", "json"], cwd="/", env=clean, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("release", RELEASES)
def test_every_service_of_dify_runs_a_custom_image(release: str, tmp_path: Path) -> None:
    folder = write_plan(plan_render(make_inputs(release, tmp_path / "data")), tmp_path / "ours")
    services = config(folder / "compose.yaml", "*")["services"]
    custom = [name for name, service in services.items() if service.get("image") in {API, WEB}]
    assert len(custom) == CLOSURE[release]
    assert all(services[name]["pull_policy"] == "never" for name in custom)
    assert not [name for name, service in services.items() if "langgenius/dify-api" in service.get("image", "")]
    assert all(services[name]["healthcheck"].get("test") for name in ("api", "worker", "web"))
    assert not any(service.get("healthcheck", {}).get("disable") for service in services.values())


@pytest.mark.parametrize("release", RELEASES)
def test_compose_reads_upstreams_file_but_for_the_declared_changes(release: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    # Secrets are a declared change of values: upstream's folder gets the same ones.
    inputs = make_inputs(release, data, used=True)
    ours_folder = write_plan(plan_render(inputs), tmp_path / "ours")
    theirs_folder = write_upstream(inputs, tmp_path / "theirs")
    ours = config(ours_folder / "compose.yaml", "*")
    theirs = config(theirs_folder / "docker-compose.yaml", "*")
    assert undo_declared(ours, ours_folder, theirs, theirs_folder, data) == only_compared(theirs)


def only_compared(project: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in project.items() if key != "name" and not key.startswith("x-")}


def undo_declared(
    ours: dict[str, Any], folder: Path, theirs: dict[str, Any], their_folder: Path, data: Path
) -> dict[str, Any]:
    """Our project with each declared change taken back; what else differs stays."""
    for name, service in ours["services"].items():
        upstream = theirs["services"][name]
        if service.get("image") in {API, WEB}:
            assert (
                compose.repository(upstream["image"]).removeprefix("langgenius/")
                == service["image"].split("-custom")[0]
            )
            service["image"] = upstream["image"]
            del service["pull_policy"]
        if name in {"api", "worker", "web"}:
            undo_health(service, upstream)
        elif upstream.get("healthcheck", {}).get("disable"):
            service["healthcheck"] = upstream["healthcheck"]
        if labels := service.get("labels"):
            assert labels.pop("difykit.files")
            service["labels"] = labels or None
        for mount, old in zip(service.get("volumes", ()), upstream.get("volumes", ()), strict=True):
            if mount["type"] == "bind" and mount["source"].startswith(str(data)):
                inside = Path(old["source"]).relative_to(their_folder).as_posix()
                assert mount["source"] == str(data / inside.removeprefix("volumes/"))
                mount["source"] = old["source"]
        forget_data(service, upstream)
    text = json.dumps(ours).replace(str(folder), str(their_folder)).replace('"labels": null, ', "")
    for network in (*ours.get("networks", {}), *ours.get("volumes", {})):
        text = text.replace(f'"name": "dify_{network}"', f'"name": "{their_folder.name}_{network}"')
    found: dict[str, Any] = json.loads(text)
    return only_compared(found)


def undo_health(service: dict[str, Any], upstream: dict[str, Any]) -> None:
    if upstream.get("healthcheck", {}).get("test"):
        service["healthcheck"] = {**service["healthcheck"], **upstream["healthcheck"]}
    elif "healthcheck" in upstream:
        service["healthcheck"] = upstream["healthcheck"]
    else:
        del service["healthcheck"]


def forget_data(service: dict[str, Any], upstream: dict[str, Any]) -> None:
    """Services see the data folder itself: in all of `.env` from 1.14.1, in MySQL's path from 1.10.1."""
    ours, theirs = service.get("environment") or {}, upstream.get("environment") or {}
    assert "DIFY_DATA" not in theirs
    ours.pop("DIFY_DATA", None)
    if "MYSQL_HOST_VOLUME" in ours:
        assert ours["MYSQL_HOST_VOLUME"].endswith("/mysql/data")
        ours["MYSQL_HOST_VOLUME"] = theirs["MYSQL_HOST_VOLUME"]


@pytest.mark.parametrize("release", RELEASES)
def test_new_data_meets_none_of_the_public_defaults(release: str, tmp_path: Path) -> None:
    inputs = make_inputs(release, tmp_path / "data")
    public = ("difyai123456", "dify-sandbox", "WVF5YThaHlk", "lYkiYYT6", "QaHbTe77", "sk-9f73s3lj")
    plan = plan_render(make_inputs(release, tmp_path / "data", user_env=settled(inputs)))
    assert not plan.generate
    services = config(write_plan(plan, tmp_path / "ours") / "compose.yaml")["services"]
    assert {"api", "worker", "web", "redis", "sandbox", "plugin_daemon", "weaviate", "nginx"} <= set(services)
    dify = {name for name, service in services.items() if service["image"] in {API, WEB}} | {"plugin_daemon", "sandbox"}
    unused = (
        "QDRANT",
        "PGVECT",
        "CHROMA",
        "OCEANBASE",
        "RELYT",
        "ALIBABACLOUD",
        "VASTBASE",
        "SEEKDB",
        "MYSQL_",
        "TIDB",
    )
    for name, service in services.items():
        for key, value in (service.get("environment") or {}).items():
            store = name in dify and key.startswith(unused)  # settings of vector stores that do not run
            assert store or not any(secret in str(value) for secret in public), f"{name}: {key}"
        rest = json.dumps({key: value for key, value in service.items() if key not in {"environment", "image"}})
        assert not any(secret in rest for secret in public), name
    api = services["api"]["environment"]
    assert api["CELERY_BROKER_URL"] == "redis://:made-REDIS_PASSWORD@redis:6379/1"
    assert services["redis"]["environment"]["REDISCLI_AUTH"] == api["REDIS_PASSWORD"] == "made-REDIS_PASSWORD"
    assert services["sandbox"]["environment"]["API_KEY"] == api["CODE_EXECUTION_API_KEY"]
    daemon = services["plugin_daemon"]["environment"]
    assert daemon["DIFY_INNER_API_KEY"] == api["INNER_API_KEY_FOR_PLUGIN"] == "made-PLUGIN_DIFY_INNER_API_KEY"
    assert daemon["SERVER_KEY"] == api["PLUGIN_DAEMON_KEY"] == "made-PLUGIN_DAEMON_KEY"
    allowed = services["weaviate"]["environment"]["AUTHENTICATION_APIKEY_ALLOWED_KEYS"]
    assert allowed == api["WEAVIATE_API_KEY"] == "made-WEAVIATE_API_KEY"
    database = services["db_postgres" if "db_postgres" in services else "db"]["environment"]
    assert database["POSTGRES_PASSWORD"] == api["DB_PASSWORD"] == daemon["DB_PASSWORD"] == "made-DB_PASSWORD"


@pytest.mark.parametrize("release", RELEASES)
def test_a_setting_reaches_api_and_a_secret_only_those_it_is_for(release: str, tmp_path: Path) -> None:
    manifest = OverlayManifest.model_validate(
        {
            "version": 1,
            "description": "d",
            "env": {"ADMIN_API_KEY_ENABLE": True, "VECTOR_STORE": "qdrant"},
            "secrets": {"MY_TOKEN": {"generate": 32, "to": ["worker", "mail"]}},
            "compose": {"files": ["compose.yaml"], "remove": ["redis"]},
        }
    )
    extra = "services:\n  mail:\n    image: mail:1\n  api:\n    environment: {EXTRA: !reset null, ADDED: yes}\n"
    inputs = make_inputs(
        release,
        tmp_path / "data",
        overlays=(Part("mail", manifest, {"compose.yaml": extra}),),
        user_env="MY_TOKEN='a b$c'\n",
    )
    plan = plan_render(inputs)
    assert not any("removes" in warning for warning in plan.warnings)
    services = config(write_plan(plan, tmp_path / "ours") / "compose.yaml")["services"]
    assert services["api"]["environment"]["ADMIN_API_KEY_ENABLE"] == "true"
    assert services["api"]["environment"]["ADDED"] == "yes"
    assert {"qdrant", "mail"} <= set(services)
    assert not {"weaviate", "redis"} & set(services)
    holders = {name for name, service in services.items() if "MY_TOKEN" in (service.get("environment") or {})}
    assert holders == {"worker", "mail"}
    assert services["worker"]["environment"]["MY_TOKEN"] == "a b$$c"  # config shows a dollar doubled
    assert stat_mode(tmp_path / "ours" / "secrets" / "mail.env") == 0o600


def stat_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777
