"""The one-shot service in the release folder of every release, as Compose itself reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.release.compose import MIGRATE
from difykit.release.render import OverlayPart, plan_render
from difykit.workspace.manifest import OverlayManifest
from tests.support.real_render import API, PLACE, ROUTED, config, make_inputs, releases, settled, write_plan

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases"),
]
TABLES = OverlayManifest.model_validate(
    {"version": 1, "description": "d", "api": {"migrations": {"folder": "orders/migrations"}}}
)


@pytest.mark.parametrize("release", releases())
def test_it_is_all_that_is_added_and_everything_on_the_api_image_waits_for_it(release: str, tmp_path: Path) -> None:
    parts = {
        "without": (OverlayPart("hello", ROUTED, {}),),
        "with": (OverlayPart("hello", ROUTED, {}), OverlayPart("orders", TABLES, {})),
    }
    found = {}
    for name, overlays in parts.items():
        inputs = make_inputs(release, Path("/data"), overlays=overlays)
        inputs = make_inputs(release, Path("/data"), overlays=overlays, user_env=settled(inputs))
        folder = write_plan(plan_render(inputs), tmp_path / "folder")  # one place, since paths are in it
        found[name] = config(folder / "compose.yaml", "*")["services"]
    mine = found["with"].pop(MIGRATE)
    assert mine["entrypoint"] == ["python", "-m", "difykit_overlays.migrate"]
    assert (mine["image"], mine["restart"]) == (API, "no")
    api = found["without"]["api"]
    same = ("environment", "networks", "volumes", "depends_on", "pull_policy")
    assert {key: mine.get(key) for key in same} == {key: api.get(key) for key in same}
    waiting = [name for name, service in found["with"].items() if MIGRATE in service.get("depends_on", {})]
    assert waiting == [name for name, service in found["with"].items() if service.get("image") == API]
    assert len(waiting) >= 2
    for name in waiting:
        how = found["with"][name]["depends_on"].pop(MIGRATE)
        assert how == {"condition": "service_completed_successfully", "required": True}
    assert found["with"] == found["without"]
