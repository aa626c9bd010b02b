"""The applier against git: what git exports we apply to the byte, and what we accept git accepts."""

from __future__ import annotations

import os
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from difykit.core.errors import ConfigError, PatchConflict
from difykit.git import blob_id
from difykit.source.patch import Blob, apply, parse

Tree = dict[str, Blob]

PATHS = (
    "plain.txt",
    "with blank.txt",
    "two  blanks/x y",
    "umlaut/ä ü.txt",
    'quote"d',
    "tab\there",
    "line\nend",
    "back\\slash",
    "sub/one",
    "sub/dir/two",
    "a/b/a/b c",
    "folder",
    "folder/inner",
    "not-utf8-\udcff",
)
FLAGS = ("--full-index", "--abbrev=7", "-U1", "-U5", "-W", "--no-renames", "--no-signature")


@dataclass(frozen=True)
class Repo:
    path: Path

    def git(self, *argv: str, data: bytes = b"") -> bytes:
        return self.run(*argv, data=data, check=True).stdout

    def run(self, *argv: str, data: bytes = b"", check: bool = False) -> subprocess.CompletedProcess[bytes]:
        env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_DIR": str(self.path)}
        return subprocess.run(["git", *argv], input=data, capture_output=True, check=check, env=env, cwd=self.path)

    def commits(self, before: Tree, after: Tree) -> None:
        stream = [_commit("before", before, b""), _commit("after", after, b"from refs/heads/before\ndeleteall\n")]
        self.git("fast-import", "--quiet", "--force", "--done", data=b"".join(stream) + b"done\n")

    def accepts(self, patch: bytes) -> Tree | None:
        """Give modes and ids (as content) of the tree git makes of `before`, None where it refuses."""
        self.git("read-tree", "before")
        if self.run("apply", "--cached", "-", data=patch).returncode:
            return None
        entries = self.git("ls-files", "-s", "-z").split(b"\0")[:-1]
        rows = (entry.split(b"\t", 1) for entry in entries)
        return {_text(path): (head.split()[0].decode(), head.split()[1]) for head, path in rows}


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    made = Repo(tmp_path_factory.mktemp("repo") / "bare.git")
    made.path.mkdir()
    made.git("init", "-q", "--bare")
    return made


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _commit(branch: str, tree: Tree, start: bytes) -> bytes:
    who = b"committer J\xc3\xb6rg \xc3\x84 <j@example.org> 1700000000 +0000\n"
    message = "Über: ändere\n\nWhy: weil\n".encode()
    parts = [b"reset refs/heads/%s\ncommit refs/heads/%s\n" % ((branch.encode(),) * 2), who]
    parts += [b"data %d\n" % len(message), message, start or b"deleteall\n"]
    for path, (mode, data) in tree.items():
        quoted = "".join(f"\\{byte:03o}" for byte in path.encode("utf-8", "surrogateescape"))
        parts.append(f'M {mode} inline "{quoted}"\ndata {len(data)}\n'.encode() + data + b"\n")
    return b"".join(parts)


def _content(rng: random.Random) -> bytes:
    if rng.random() < 0.2:
        return rng.randbytes(rng.randrange(300)) + b"\0"
    if rng.random() < 0.15:
        return b"" if rng.random() < 0.5 else b"one line\n"
    words = [b"", b"{", b"}", b"-- ", b"\\ No newline", b"diff --git a/x b/x", b"@@ -1 +1 @@", b"\t\x0cx", b"a\rb"]
    end = rng.choice([b"\n", b"\n", b"\r\n"])
    lines = [rng.choice([*words, b"line %d" % rng.randrange(99)]) for _ in range(rng.randrange(1, 40))]
    return end.join(lines) + (end if rng.random() < 0.7 else b"")


def _edited(rng: random.Random, data: bytes) -> bytes:
    if b"\0" in data:
        at = rng.randrange(len(data))
        return data[:at] + rng.randbytes(rng.randrange(20)) + data[at + rng.randrange(20) :] + b"\0"
    lines = data.split(b"\n")
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(lines) + 1)
        lines[at : at + rng.randrange(3)] = [b"new %d" % rng.randrange(99) for _ in range(rng.randrange(3))]
    return b"\n".join(lines)


def _change(rng: random.Random, tree: Tree) -> None:
    path = rng.choice(sorted(tree))
    mode, data = tree[path]
    other = rng.choice(PATHS)
    plain = mode != "120000"
    match rng.randrange(8):
        case 0 | 1 if plain:
            tree[path] = (mode, _edited(rng, data))
        case 2:
            del tree[path]
        case 3:
            del tree[path]
            tree[other] = (mode, _edited(rng, data) if plain and rng.random() < 0.5 else data)
        case 4:
            tree[other] = (mode, data)
        case 5 if plain:
            tree[path] = ("100755" if mode == "100644" else "100644", data)
        case 6:
            tree[path] = ("120000", rng.choice([b"target", b"else where"]))
        case _:
            tree[other] = ("100644", _content(rng))


def _without_overlap(rng: random.Random, tree: Tree) -> Tree:
    drop = rng.choice(["folder", "folder/inner"])
    both = {"folder", "folder/inner"} <= tree.keys()
    return {path: blob for path, blob in tree.items() if not (both and path == drop)}


def _trees(rng: random.Random) -> tuple[Tree, Tree]:
    chosen = rng.sample(PATHS, rng.randrange(1, 7))
    before = {path: (rng.choice(["100644", "100644", "100755"]), _content(rng)) for path in chosen}
    if rng.random() < 0.3:
        before[chosen[0]] = ("120000", b"somewhere")
    before = _without_overlap(rng, before)
    after = dict(before)
    for _ in range(rng.randrange(1, 5)):
        if after:
            _change(rng, after)
    return before, _without_overlap(rng, after)


def _damaged(rng: random.Random, patch: bytes) -> bytes:
    """Change one line, and take the ids away that would prove the text results wrong."""
    lines = patch.split(b"\n")
    if b"GIT binary patch" not in lines:
        lines = [line for line in lines if not line.startswith(b"index ")]
    start = next(at for at, line in enumerate(lines) if line.startswith(b"diff --git"))
    at = rng.randrange(start, len(lines))
    heads = [number for number, line in enumerate(lines) if line.startswith(b"@@ -")]
    match rng.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, rng.choice(lines[start:]))
        case 2:
            lines[at] = rng.choice([b" ", b"+", b"-", b"\\ "]) + lines[at][1:]
        case 3 if heads:
            at = rng.choice(heads)
            lines[at] = lines[at].replace(*rng.choice([(b"1", b"2"), (b",", b"0,"), (b"+1", b"+0"), (b"-1", b"-3")]))
        case _:
            lines[at] = lines[at].replace(b"a", b"b", 1)
    return b"\n".join(lines)


def _result(before: Tree, patch: bytes) -> Tree:
    tree: dict[str, Blob | None] = {**before, **apply(parse("x.patch", patch), before.get)}
    return {path: blob for path, blob in tree.items() if blob is not None}


def _ids(tree: Tree) -> Tree:
    return {path: (mode, blob_id(data).encode()) for path, (mode, data) in tree.items()}


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
@given(seed=st.integers(0, 2**32), flags=st.lists(st.sampled_from(FLAGS), unique=True, max_size=2))
def test_what_git_exports_gives_the_same_tree_to_the_byte(repo: Repo, seed: int, flags: list[str]) -> None:
    before, after = _trees(random.Random(seed))
    repo.commits(before, after)
    patch = repo.git("format-patch", "-1", "--stdout", "--binary", "-M", "-C", *flags, "after")
    if b"\ndiff --git " in patch:
        assert _result(before, patch) == after
        diff = repo.git("diff", "--binary", "-M", "-C", "--find-copies-harder", "before", "after")
        assert _result(before, diff) == after


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
@given(seed=st.integers(0, 2**32), context=st.sampled_from(["-U0", "-U1", "-U2", "-U3", "-W"]))
def test_a_damaged_patch_that_is_accepted_is_accepted_by_git_with_the_same_result(
    repo: Repo, seed: int, context: str
) -> None:
    rng = random.Random(seed)
    before, after = _trees(rng)
    repo.commits(before, after)
    patch = repo.git("format-patch", "-1", "--stdout", "--binary", "-M", "-C", context, "after")
    if b"\ndiff --git " not in patch:
        return
    patch = _damaged(rng, patch)
    try:
        ours = _result(before, patch)
    except (ConfigError, PatchConflict):
        return
    assert repo.accepts(patch) == _ids(ours)
