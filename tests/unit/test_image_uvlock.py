"""A lock whose files are a mirror's: what is asked, what stays."""

from __future__ import annotations

from difykit.images.definition.insteps.uvlock import links, relocked

LOCK = """\
version = 1

[[package]]
name = "one"
version = "1.0"
source = { registry = "https://public.example/simple" }
sdist = { url = "https://files.example/aa/one-1.0.tar.gz", hash = "sha256:1", size = 1 }
wheels = [
    { url = "https://files.example/bb/one-1.0%2Bcpu-py3-none-any.whl", hash = "sha256:2", size = 2 },
]

[[package]]
name = "two"
version = "1.0"
source = { registry = "https://public.example/simple" }
sdist = { url = "https://files.example/cc/two-1.0.tar.gz", hash = "sha256:3", size = 3 }

[[package]]
name = "own"
source = { git = "https://git.example/own?rev=1" }

[[package]]
name = "other"
version = "1.0"
source = { registry = "https://other.example/simple" }
sdist = { url = "https://other.example/two-1.0.tar.gz", hash = "sha256:4", size = 4 }
"""
MIRROR = "http://mirror.example/pypi/simple"


def test_each_file_of_the_public_registry_gets_the_mirrors_address() -> None:
    asked: list[str] = []

    def ask(name: str) -> dict[str, str]:
        asked.append(name)
        page = '<a href="../../+f/9/one-1.0.tar.gz#sha256=1">x</a><a href="/w/one-1.0+cpu-py3-none-any.whl">y</a>'
        return links(f"{MIRROR}/{name}/", page)

    text = relocked(LOCK, MIRROR, ask)
    assert sorted(asked) == ["one", "two"]
    changed = {old: new for old, new in zip(LOCK.splitlines(), text.splitlines(), strict=True) if old != new}
    assert list(changed.values()) == [
        f'source = {{ registry = "{MIRROR}" }}',
        'sdist = { url = "http://mirror.example/pypi/+f/9/one-1.0.tar.gz", hash = "sha256:1", size = 1 }',
        '    { url = "http://mirror.example/w/one-1.0+cpu-py3-none-any.whl", hash = "sha256:2", size = 2 },',
    ]


def test_a_lock_without_a_registry_stays() -> None:
    assert relocked("version = 1\n", MIRROR, lambda _: {}) == "version = 1\n"
