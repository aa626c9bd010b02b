"""Which images a workspace makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import ConfigError
from difykit.workspace.workspace import Workspace
from tests.support.trees import write_tree

OVERLAY = "version: 1\ndescription: x\n"


def space(root: Path, overlays: str = "") -> Workspace:
    write_tree(root, {"difykit.yaml": f"version: 1\nupstream: {{ref: 1.0.0}}\noverlays: [{overlays}]\n"})
    return Workspace.open(root)


def test_api_and_web_are_always_made(tmp_path: Path) -> None:
    assert list(space(tmp_path).images) == ["api", "web"]


def test_what_replaces_an_image_is_made_and_what_replaces_none_when_an_overlay_names_it(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "images/sandbox/image.yaml": "version: 1\nreplaces: langgenius/dify-sandbox\n",
            "images/patroni/image.yaml": "version: 1\n",
            "images/other/image.yaml": "version: 1\n",
            "overlays/ha/overlay.yaml": OVERLAY + "images: [patroni, sandbox]\n",
            "overlays/off/overlay.yaml": OVERLAY + "images: [other]\n",
        },
    )
    assert list(space(tmp_path).images) == ["api", "sandbox", "web"]
    found = space(tmp_path, "ha").images
    assert list(found) == ["api", "patroni", "sandbox", "web"]
    assert found["patroni"][0] == tmp_path.resolve() / "images/patroni"


def test_what_is_wrong_in_images_is_told_at_once(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "images/a/image.yaml": "version: 1\nmemory: much\n",
            "images/api/image.yaml": "version: 1\nstrategi: layer\n",
            "images/no-manifest/Dockerfile": "FROM x\n",
            "overlays/one/overlay.yaml": OVERLAY + "images: [nope]\n",
            "overlays/two/overlay.yaml": OVERLAY + "images: [no-manifest]\n",
        },
    )
    with pytest.raises(ConfigError) as caught:
        _ = space(tmp_path, "one, two").images
    assert [str(problem) for problem in caught.value.problems] == [
        "images/a/image.yaml:2: memory: 'much' is not an amount of memory such as 6g",
        "images/api/image.yaml:2: strategi: unknown key; did you mean strategy?",
        "overlays/two/overlay.yaml: images: there is no image no-manifest (no images/no-manifest/image.yaml)",
        "overlays/one/overlay.yaml: images: there is no image nope (no images/nope/image.yaml)",
    ]
