"""What docs/architecture.md and CONTRIBUTING name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/architecture.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md")
NOT_FILES = re.compile(
    r"\.difykit|data/|overlays/(mine|NAME)|patches/0001|\.env|difykit\.(yaml|lock)|envs/|secrets/|overlay\.yaml|upgrade/work"
)


def _named(page: str) -> list[str]:
    text = (ROOT / page).read_text("utf-8")
    words = re.findall(r"`([\w./-]+(?:/|\.py|\.md|\.yaml))`", text) + re.findall(r"\]\((?!http)([^)#]+)\)", text)
    return sorted({word for word in words if not NOT_FILES.search(word)})


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_there(page: str) -> None:
    bases = (ROOT, ROOT / "difykit", (ROOT / page).parent)
    assert [name for name in _named(page) if not any((base / name).exists() for base in bases)] == []
    assert page.endswith("SECURITY.md") or _named(page)


def test_the_picture_has_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8").split("```")[1]
    rooms = {path.name for path in (ROOT / "difykit").iterdir() if (path / "__init__.py").exists()}
    assert sorted(room for room in rooms if not re.search(rf"\b{room}\b", text)) == []
