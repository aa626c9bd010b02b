"""A stack that is run from a registry of a closed network: every service by its digest there."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.workspace import state
from tests.unit.test_render_overlays import render, said

AT = "registry.internal/dify/"
DIGEST = "@sha256:" + "a" * 64
ELSEWHERE = {
    "nginx": f"{AT}library/nginx:latest{DIGEST}",
    "redis:7": f"{AT}library/redis:7{DIGEST}",
    "quay.io/a/b:1": f"{AT}quay.io/a/b:1{DIGEST}",
}
OVERLAY = "services:\n  cache: {image: 'redis:${VERSION:-6}'}\n  other: {image: 'quay.io/a/b:1'}\n  own: {image: x}\n"


def test_each_service_runs_what_the_registry_has_and_all_else_stays() -> None:
    plan = render(OVERLAY, elsewhere=ELSEWHERE, settings_env={"VERSION": "7"})
    dify = said(plan, "dify.yaml")["services"]
    assert dify["nginx"]["image"] == ELSEWHERE["nginx"]
    assert dify["api"]["image"] == "dify-api-custom:1"
    assert said(plan, "images.yaml")["services"] == {
        "cache": {"image": ELSEWHERE["redis:7"]},
        "other": {"image": ELSEWHERE["quay.io/a/b:1"]},
    }


def test_an_image_of_another_tag_is_another_image() -> None:
    plan = render(OVERLAY, elsewhere={"redis:7": ELSEWHERE["redis:7"]})
    assert "images.yaml" not in plan.files
    assert said(plan, "dify.yaml")["services"]["nginx"]["image"] == "nginx"


def test_the_file_that_says_where_they_are(tmp_path: Path) -> None:
    assert state.read_elsewhere(tmp_path) == {}
    state.write_elsewhere(tmp_path, ELSEWHERE)
    assert state.read_elsewhere(tmp_path) == ELSEWHERE
    (tmp_path / "registry.json").write_text('{"images": 1}')
    with pytest.raises(DifyKitError, match=r"registry\.json is not as bundle\.load writes it"):
        state.read_elsewhere(tmp_path)
