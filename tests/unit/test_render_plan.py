"""The release folder as a plan: what is in it, byte for byte, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from difykit.core.errors import ConfigError, DifyKitError
from difykit.release.render import OverlayPart, RenderInputs, RenderPlan, gateway_faults, plan_render
from difykit.release.secrets import LiveSecrets
from difykit.workspace import state
from difykit.workspace.dotenv import assignments, decode
from difykit.workspace.manifest import OverlayManifest, Route

COMPOSE = """\
services:
  api:
    image: langgenius/dify-api:1.0.0
    environment: {DB_PASSWORD: '${DB_PASSWORD:-public}', SENTRY_DSN: '${API_SENTRY_DSN:-}'}
    volumes: ['./volumes/app/storage:/app/api/storage']
  worker: {image: 'langgenius/dify-api:1.0.0', environment: {MODE: worker}}
  web: {image: 'langgenius/dify-web:1.0.0'}
  nginx: {image: nginx, volumes: ['./nginx/conf.d:/etc/nginx/conf.d']}
"""
GATEWAY = """\
server {
    location /api {
      proxy_pass http://api:5001;
    }
    location /hello {
      proxy_pass http://api:5001;
      include proxy.conf;
    }
    # location /commented { proxy_pass http://api:5001; }
    location / {
      proxy_pass http://web:3000;
    }
    location /late {
      proxy_pass http://web:3000;
    }
}
"""
DOCKER = {
    "docker-compose.yaml": COMPOSE,
    "docker-compose.middleware.yaml": "",
    ".env.example": "# Dify\nDB_PASSWORD=public\nMYSQL_HOST_VOLUME=./volumes/mysql/data\n",
    "envs/core/api.env.example": "FROM_ENVS=1\n",
    "nginx/conf.d/default.conf.template": GATEWAY,
    "volumes/sandbox/conf/config.yaml": "seed\n",
    "README.md": "",
}
IMAGES = tuple(
    state.Image(
        name=n, replaces=f"langgenius/dify-{n}", strategy="layer", reference=f"dify-{n}-custom:1", image_id="sha256:1"
    )
    for n in ("api", "web")
)


def make_inputs(**changes: Any) -> RenderInputs:
    given: dict[str, Any] = {
        "source": state.Source(release="1.0.0", base="b" * 40, commit="c" * 40, layers=()),
        "images": IMAGES,
        "docker": {name: ("100644", text.encode()) for name, text in DOCKER.items()},
        "added": frozenset(),
        "own_ping": False,
        "overlays": (),
        "settings_env": {},
        "user_env": "DB_PASSWORD=mine\n",
        "project": "dify",
        "data": Path("/srv/my data/volumes"),
        "used": False,
    }
    return RenderInputs(**given | changes)


def overlay(name: str = "own", files: dict[str, str] | None = None, **manifest: Any) -> OverlayPart:
    files = files or {}
    whole = {"version": 1, "description": "d", "compose": {"files": list(files)}, **manifest}
    return OverlayPart(name, OverlayManifest.model_validate(whole), files)


def read_env(plan: RenderPlan, name: str = ".env") -> dict[str, str | None]:
    return {each.key: decode(each.raw) for each in assignments(plan.files[name][1].decode())}


def test_the_folder_holds_what_a_deployment_needs_and_nothing_else() -> None:
    assert list(plan_render(make_inputs()).files) == [
        ".env",
        "compose.yaml",
        "dify.yaml",
        "envs/core/api.env",
        "manifest.json",
        "nginx/conf.d/default.conf.template",
        "seeds/sandbox/conf/config.yaml",
    ]


def test_the_same_inputs_give_the_same_bytes() -> None:
    assert plan_render(make_inputs()) == plan_render(make_inputs())


def test_the_manifest_says_what_it_is_and_holds_no_secret() -> None:
    plan = plan_render(make_inputs(overlays=(overlay(),), user_env="DB_PASSWORD=hunter2\n"))
    manifest = json.loads(plan.files["manifest.json"][1])
    assert manifest["release"] == "1.0.0"
    assert (manifest["upstream"], manifest["source"]) == ("b" * 40, "c" * 40)
    assert manifest["overlays"] == ["own"]
    assert [each["reference"] for each in manifest["images"]] == ["dify-api-custom:1", "dify-web-custom:1"]
    assert [*manifest["files"], "manifest.json"] == sorted(plan.files, key=lambda name: (name == "manifest.json", name))
    readable = [content for mode, content in plan.files.values() if mode != 0o600]
    assert not any(b"hunter2" in content for content in readable)


def test_the_env_file_is_private_and_names_the_data_folder_first() -> None:
    plan = plan_render(make_inputs())
    mode, content = plan.files[".env"]
    assert mode == 0o600
    text = content.decode()
    assert text.index("DIFY_DATA='/srv/my data/volumes'\n") < text.index("# Dify\nDB_PASSWORD=mine\n")
    assert "MYSQL_HOST_VOLUME=${DIFY_DATA}/mysql/data\n" in text


def test_layers_win_in_their_order() -> None:
    part = overlay(env={"A": "overlay", "B": "overlay", "C": "overlay"})
    plan = plan_render(
        make_inputs(
            overlays=(part,), settings_env={"B": "settings", "C": "settings"}, user_env="DB_PASSWORD=x\nC=user\n"
        )
    )
    found = read_env(plan)
    assert (found["A"], found["B"], found["C"]) == ("overlay", "settings", "user")
    assert [plan.origins[key] for key in ("A", "B", "C")] == ["overlay own", "difykit.yaml", ".env"]
    assert plan.origins["MYSQL_HOST_VOLUME"] == "upstream"
    assert b"      A: null\n" in plan.files["dify.yaml"][1]  # api would not see it otherwise


def test_what_points_compose_elsewhere_is_left_out_and_said() -> None:
    plan = plan_render(make_inputs(user_env="DB_PASSWORD=x\nCOMPOSE_FILE=a.yaml\nDIFY_DATA=/tmp\n"))
    assert read_env(plan)["DIFY_DATA"] == "/srv/my data/volumes"
    assert "COMPOSE_FILE" not in read_env(plan)
    assert len(plan.warnings) == 2


def test_new_data_gets_new_secrets() -> None:
    assert plan_render(make_inputs(user_env="")).generate == {"DB_PASSWORD": 42}
    assert not plan_render(make_inputs(user_env="DB_PASSWORD=x\n")).generate


def test_used_data_keeps_the_public_defaults_and_that_is_said() -> None:
    live = LiveSecrets("1.0.0", {"DB_PASSWORD": "public"}, {"DB_PASSWORD": "public"})
    plan = plan_render(make_inputs(user_env="", used=True, live=live))
    assert not plan.generate
    assert any("they stay: DB_PASSWORD." in warning for warning in plan.warnings)
    assert read_env(plan)["DB_PASSWORD"] == "public"


STORES = """\
services:
  api: {image: 'langgenius/dify-api:1.0.0', environment: {QDRANT_API_KEY: '${QDRANT_API_KEY:-public}'}}
  web: {image: 'langgenius/dify-web:1.0.0'}
  qdrant: {image: qdrant, profiles: [qdrant], environment: {QDRANT_API_KEY: '${QDRANT_API_KEY:-public}'}}
  minio: {image: minio, profiles: [milvus]}
  nginx: {image: nginx}
"""


@pytest.mark.parametrize(
    ("user_env", "made", "warned"),
    [
        ("", {}, []),
        ("VECTOR_STORE=qdrant\n", {"QDRANT_API_KEY": 42}, []),
        ("VECTOR_STORE=qdrant\nQDRANT_API_KEY=mine\n", {}, []),
        ("COMPOSE_PROFILES='milvus, qdrant'\n", {"QDRANT_API_KEY": 42}, ["minio"]),
        ("STORE=qdrant\nVECTOR_STORE=${STORE}\n", {}, []),  # as for Compose: STORE comes after the line that reads it
    ],
)
def test_a_store_that_profiles_turn_on_gets_its_secret(user_env: str, made: dict[str, int], warned: list[str]) -> None:
    example = "VECTOR_STORE=weaviate\nCOMPOSE_PROFILES=${VECTOR_STORE:-weaviate},postgresql\n"
    docker = {**make_inputs().docker, "docker-compose.yaml": ("100644", STORES.encode())}
    docker[".env.example"] = ("100644", example.encode())
    plan = plan_render(make_inputs(docker=docker, user_env=user_env))
    assert plan.generate == made
    assert [warning.split()[0] for warning in plan.warnings] == warned
    removing = overlay("drop", compose={"remove": ["qdrant"]})
    assert not plan_render(make_inputs(docker=docker, user_env=user_env, overlays=(removing,))).generate


def test_an_overlays_secret_reaches_only_those_it_is_for() -> None:
    part = overlay(secrets={"TOKEN": {"generate": 32, "to": ["worker"]}})
    assert plan_render(make_inputs(overlays=(part,))).generate == {"TOKEN": 32}
    plan = plan_render(make_inputs(overlays=(part,), user_env="DB_PASSWORD=x\nTOKEN=t0ken\n"))
    assert plan.files["secrets/worker.env"] == (0o600, b"TOKEN=t0ken\n")
    assert "TOKEN" not in read_env(plan)
    assert b"secrets.yaml" in plan.files["compose.yaml"][1]
    assert [name for name, (_, content) in plan.files.items() if b"t0ken" in content] == ["secrets/worker.env"]


def test_overlays_files_travel_as_they_are_written() -> None:
    text = "services:\n    mail: {image: mail, ports: !override ['25:25']}  # as it is\n"
    plan = plan_render(make_inputs(overlays=(overlay("post", {"compose.yaml": text}),)))
    assert plan.files["overlays/post/compose.yaml"] == (0o644, text.encode())
    assert plan.files["compose.yaml"][1].decode().endswith("- dify.yaml\n      - overlays/post/compose.yaml\n")


def test_files_that_customisations_add_below_docker_travel_too() -> None:
    docker = make_inputs().docker
    docker = {**docker, "haproxy/haproxy.cfg": ("100755", b"x"), "volumes/own/seed.sql": ("100644", b"s")}
    plan = plan_render(make_inputs(docker=docker, added=frozenset({"haproxy/haproxy.cfg", "volumes/own/seed.sql"})))
    assert plan.files["haproxy/haproxy.cfg"] == (0o755, b"x")
    assert plan.seeds["seeds/own/seed.sql"] == "own/seed.sql"
    assert "volumes/own/seed.sql" not in plan.files


def test_without_images_the_services_stay_as_upstream_has_them() -> None:
    assert b"image: langgenius/dify-api:1.0.0" in plan_render(make_inputs(images=()), stock=True).files["dify.yaml"][1]


def test_a_service_left_on_stock_is_refused() -> None:
    with pytest.raises(DifyKitError, match=r"service web is left on langgenius/dify-web:1\.0\.0"):
        plan_render(make_inputs(images=IMAGES[:1]))


def test_faults_in_the_workspace_are_told_at_once() -> None:
    bad = "services:\n  api:\n    volumes: ['./volumes/x:/x']\n"
    part = overlay("own", {"compose.yaml": bad}, secrets={"T": {"generate": 32, "to": ["wroker"]}})
    with pytest.raises(ConfigError) as caught:
        plan_render(make_inputs(overlays=(part,), user_env="what is this\n"))
    assert [str(each).split(";")[0] for each in caught.value.problems] == [
        ".env:1: is not KEY=value",
        "overlays/own/compose.yaml:3: ./volumes/x is inside the release folder, which is made anew",
        "overlays/own/overlay.yaml: secrets.T.to: there is no service wroker",
    ]


def test_settings_without_effect_are_told() -> None:
    part = overlay("own", compose={"remove": ["ngnix"]})
    plan = plan_render(make_inputs(overlays=(part,), settings_env={"SENTRY_DSN": "x"}))
    assert plan.warnings == (
        "SENTRY_DSN does not reach api (difykit.yaml): Dify's Compose file fills it there from API_SENTRY_DSN",
        "overlay own removes ngnix, which Dify 1.0.0 does not have; did you mean nginx?",
    )


def test_a_route_that_is_not_wired_is_refused() -> None:
    part = overlay("own", gateway={"routes": [{"path": "/nowhere", "to": "api"}]})
    with pytest.raises(DifyKitError, match="no location for /nowhere"):
        plan_render(make_inputs(overlays=(part,)))


def test_a_symlink_is_refused() -> None:
    docker = {**make_inputs().docker, "nginx/conf.d/x": ("120000", b"/etc/passwd")}
    with pytest.raises(DifyKitError, match=r"docker/nginx/conf\.d/x is a symlink"):
        plan_render(make_inputs(docker=docker))


@pytest.mark.parametrize(
    ("path", "to", "fault"),
    [
        ("/hello", "api", None),
        ("/hello", "web", "goes to api, not web"),
        ("/commented", "api", "no location"),
        ("/late", "web", "after `location /`"),
    ],
)
def test_routes_are_checked_in_the_gateways_template(path: str, to: str, fault: str | None) -> None:
    found = gateway_faults(GATEWAY, [Route.model_validate({"path": path, "to": to})])
    assert [fault in each for each in found] == [True] if fault else not found
