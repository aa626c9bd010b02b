"""Which folder may hold the data: a verb deletes, moves and rewrites what is its own, and never reaches the data."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from difykit.core.errors import ConfigError, DifyKitError
from difykit.workspace.workspace import Workspace
from tests.support.places import every, folder, link, listening
from tests.support.trees import write_tree

PIN = "version: 1\nupstream: {ref: 1.0.0}\n"
CONTENT = {"patches/series": "", "overlays/a/tree/api/x": "", "images/.gitkeep": "", "tasks.py": "", ".git/HEAD": ""}
HINT = "name a folder that is for the data alone, such as data or /srv/dify-data"


class Row(NamedTuple):
    """A setting, what is said of it, and what else there is; SPACE is the workspace, AWAY a folder beside it."""

    setting: str
    fault: str
    make: Callable[[Path], object] = lambda _: None


def apart(root: Path) -> None:
    """A repository apart from its work tree, as of a submodule or `git worktree`."""
    (root / ".git/HEAD").unlink()
    (root / ".git").rmdir()
    write_tree(root, {".git": "gitdir: ../sep\n"})


def bare(root: Path) -> None:
    write_tree(root.parent, {"bare/HEAD": "ref: refs/heads/main\n", "bare/objects/x": "", "bare/refs/x": ""})


OURS = ", which difykit makes anew"
REFUSED = (
    Row(".difykit", f"'.difykit' is .difykit{OURS}"),
    Row(".difykit/release", f"'.difykit/release' lies in .difykit{OURS}"),
    Row(".difykit/source/data", f"'.difykit/source/data' lies in .difykit{OURS}"),
    Row("./data/../.difykit//x/", f"'./data/../.difykit//x/' lies in .difykit{OURS}"),
    Row("SPACE/.difykit/x", f"'SPACE/.difykit/x' lies in .difykit{OURS}"),
    Row("../space/.difykit", f"'../space/.difykit' is .difykit{OURS}"),
    Row(".", "'.' is the workspace itself"),
    Row("./", "'./' is the workspace itself"),
    Row("SPACE", "'SPACE' is the workspace itself"),
    Row("data/..", "'data/..' is the workspace itself"),
    Row("..", "'..' holds the workspace itself"),
    Row("../..", "'../..' holds the workspace itself"),
    Row("patches", "'patches' is patches"),
    Row("overlays", "'overlays' is overlays"),
    Row("overlays/a/data", "'overlays/a/data' lies in overlays"),
    Row("overlays/new/tree", "'overlays/new/tree' lies in overlays"),
    Row("images/api", "'images/api' lies in images"),
    Row(".git", "'.git' is .git"),
    Row(".git/data", "'.git/data' lies in .git"),
    Row(".github/x", "'.github/x' lies in .github"),
    Row("../other/.git/data", "'../other/.git/data' lies in AWAY/../other/.git, a folder of git's"),
    Row("difykit.yaml", "'difykit.yaml' is not a folder"),
    Row("tasks.py/data", "'tasks.py/data' lies in SPACE/tasks.py, which is not a folder"),
    Row(".env", "'.env' is .env"),
    Row("difykit.lock", "'difykit.lock' is difykit.lock"),
    Row("registry.json", "'registry.json' is registry.json"),
    Row("data", "'data' is not a folder", lambda root: (root / "data").write_text("mine")),
    Row("data", "'data' is not a folder", lambda root: os.mkfifo(root / "data")),
    Row("data", "'data' is not a folder", listening("data")),
    Row("/dev/null", "'/dev/null' is not a folder"),
    Row("data", f"'data' is .difykit{OURS} (by way of the link SPACE/data)", link("data", ".difykit")),
    Row("data", f"'data' lies in .difykit{OURS} (by way of the link SPACE/data)", link("data", ".difykit/release")),
    Row("a/b/c", f"'a/b/c' lies in .difykit{OURS} (by way of the link SPACE/a/b)", link("a/b", "SPACE/.difykit/x")),
    Row("data", "'data' lies in overlays (by way of the link SPACE/data)", link("data", "AWAY/../space/overlays/a")),
    Row(
        "data",
        "'data' is overlays/out (by way of the link SPACE/overlays/out)",
        every(link("overlays/out", "AWAY"), link("data", "overlays/out")),
    ),
    Row(
        "../away/mine",
        "'../away/mine' lies in overlays/b",
        every(folder("../away"), link("overlays/b", "AWAY")),
    ),
    Row("../away", "'../away' holds overlays/b", every(folder("../away/b"), link("overlays/b", "AWAY/b"))),
    Row("data", f"'data' is .difykit{OURS}", every(folder("data"), link(".difykit", "data"))),
    Row("data", f"'data' holds .difykit{OURS}", every(folder("data/x"), link(".difykit", "data/x"))),
    Row("data", "'data' lies in .difykit/upstream.git", every(folder("data"), link(".difykit/upstream.git", "SPACE"))),
    Row("data", "'data' is a loop of symlinks: SPACE/data leads back to itself", link("data", "data")),
    Row("a", "'a' is a loop of symlinks: SPACE/a leads back to itself", every(link("a", "b"), link("b", "a"))),
    Row(
        "data",
        f"'data' has a link volumes, and what that leads to lies in .difykit{OURS}",
        link("data/volumes", "../.difykit/x"),
    ),
    Row(
        "data",
        f"'data' has a link volumes/db, and what that leads to lies in .difykit{OURS}",
        link("data/volumes/db", "SPACE/.difykit/release"),
    ),
    Row(
        "data",
        "'data' has a link volumes/db/data, and what that leads to lies in releases of the data folder",
        link("data/volumes/db/data", "../../releases/0001"),
    ),
    Row(
        "data",
        "'data' has a link releases, and what that leads to lies in volumes of the data folder",
        link("data/releases", "volumes/db/data/base"),
    ),
    Row("data", "'data' has a link releases, and what that leads to is patches", link("data/releases", "../patches")),
    Row(
        "../other",
        "'../other' is another workspace",
        lambda root: write_tree(root.parent, {"other/difykit.yaml": PIN}),
    ),
    Row(
        "../other/.difykit/release",
        f"'../other/.difykit/release' lies in .difykit of the workspace AWAY/../other{OURS}",
        lambda root: write_tree(root.parent, {"other/difykit.yaml": PIN}),
    ),
    Row("../.space.loading/x", "'../.space.loading/x' lies in what bundle.load writes and deletes"),
    Row("/", "'/' holds the workspace itself"),
    Row("//", "'//' holds the workspace itself"),
    Row("/etc", "'/etc' is /etc, a folder of the system"),
    Row("/etc/../etc/dify", "'/etc/../etc/dify' lies in /etc, a folder of the system"),
    Row("/usr", "'/usr' is /usr, a folder of the system"),
    Row("/home", "'/home' is /home, a folder of the system"),
    Row("/proc/self", "lies in /proc, a folder of the system"),
    Row("~", "'~' is the home folder"),
    Row("~/", "'~/' is the home folder"),
    Row("~/..", "'~/..' holds the home folder"),
    Row("~/.ssh/x", "'~/.ssh/x' lies in ~/.ssh"),
    Row("~nobody-of-this-name/d", "names the home folder of a user whom this machine does not have"),
    Row("' '", "' ' is empty"),
    Row("../sep", "'../sep' is AWAY/../sep, where .git leads", apart),
    Row("../sep/data", "'../sep/data' lies in AWAY/../sep, where .git leads", apart),
    Row("../bare/data", "'../bare/data' lies in AWAY/../bare, a folder of git's", bare),
    Row(
        "../away",
        "'../away' holds overlays/c/tree",
        every(folder("../away/tree"), folder("overlays/c"), link("overlays/c/tree", "AWAY/tree")),
    ),
    Row("d/" * 3000, "is longer than a path may be"),
    Row("x" * 300, "…' cannot be used: File name too long"),
)
NEVER_A_NAME = ("", "a\\0b", "a\\nb", "a\\tb", "a\\eb", "a\\x7fb", "a\\x85b", "a:b", "a$b")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_tree(tmp_path / "in/space", CONTENT)
    (tmp_path / "homes/me").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "homes/me"))
    return (tmp_path / "in/space").resolve()


def opened(root: Path, setting: str) -> Workspace:
    quoted = setting if setting.startswith("'") else f"'{setting}'"
    write_tree(root, {"difykit.yaml": PIN + f"deploy:\n  project: p\n  data: {quoted.replace('SPACE', str(root))}\n"})
    return Workspace.open(root)


def everything(top: Path) -> dict[str, str]:
    """Every path below a folder; links with what they say."""
    found = {path.relative_to(top).as_posix(): path for path in top.rglob("*")}
    return {name: str(path.readlink()) if path.is_symlink() else "" for name, path in found.items()}


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: f"{row.setting[:30]}: {row.fault[:60]}")
def test_a_folder_that_is_somebodys_is_refused_with_its_line(row: Row, root: Path) -> None:
    row.make(root)
    (root / "difykit.yaml").touch()
    before = everything(root.parent)
    with pytest.raises(ConfigError) as caught:
        opened(root, row.setting)
    (problem,) = caught.value.problems
    fault = row.fault.replace("AWAY/..", str(root.parent)).replace("SPACE", str(root))
    assert (problem.file, problem.line, caught.value.hint) == ("difykit.yaml", 5, HINT)
    assert problem.text.startswith("deploy.data: ")
    assert fault in problem.text
    assert everything(root.parent) == before


@pytest.mark.parametrize("text", NEVER_A_NAME)
def test_what_compose_or_an_env_file_would_cut_off_is_no_name(text: str, root: Path) -> None:
    write_tree(root, {"difykit.yaml": PIN + f'deploy:\n  data: "{text}"\n'})
    with pytest.raises(ConfigError, match=r"^difykit.yaml:4: deploy.data: ('.*' is not a folder|holds a NUL)"):
        Workspace.open(root)


@pytest.mark.parametrize(
    ("setting", "end", "make"),
    [
        ("data", "SPACE/data", lambda _: None),
        ("data", "SPACE/data", folder("data/volumes/db/data")),
        ("var/dify", "SPACE/var/dify", lambda _: None),
        ("../dify-data", "SPACE/../dify-data", lambda _: None),
        ("SPACE/../dify-data/", "SPACE/../dify-data", lambda _: None),
        ("data", "SPACE/../away", link("data", "AWAY")),
        ("data/x", "SPACE/../away/x", link("data", "AWAY")),
        ("data", "SPACE/data", every(folder("../away"), link("data/volumes", "AWAY"))),
        ("data", "SPACE/data", link("data/volumes/db", "AWAY/db")),
        ("data", "SPACE/data", every(folder("data/releases/0001"), link("data/releases/current", "0001"))),
        ("data", "SPACE/data", link(".difykit/upstream.git", "AWAY")),
        ("data", "SPACE/data", every(folder("../away"), link(".difykit", "AWAY"))),
        ("data", "SPACE/data", link("data/volumes/app/storage/loop", "loop")),
        ("data", "SPACE/data", every(folder("../away"), link("overlays/b", "AWAY"))),
        ("overlays-data", "SPACE/overlays-data", lambda _: None),
        (".data", "SPACE/.data", lambda _: None),
        ("~/d", "SPACE/../../homes/me/d", lambda _: None),
        ("./~/d", "SPACE/~/d", lambda _: None),
        ("../other/data", "SPACE/../other/data", lambda root: write_tree(root.parent, {"other/difykit.yaml": PIN})),
        ("/srv/no-such-folder/dify", "/srv/no-such-folder/dify", lambda _: None),
        ("/mnt", "/mnt", lambda _: None),
    ],
)
def test_a_folder_of_its_own_is_taken_wherever_it_is(
    setting: str, end: str, make: Callable[[Path], object], root: Path
) -> None:
    make(root)
    wanted = Path(os.path.normpath(end.replace("SPACE", str(root))))
    assert opened(root, setting).data == wanted


def test_a_folder_in_the_workspace_of_a_workspace_is_taken(root: Path) -> None:
    """Finish and adopt prove what they made in a workspace below `.difykit/`."""
    opened(root, "data")
    inner = root / ".difykit" / "prove"
    inner.mkdir(parents=True)
    assert opened(inner, "data").data == inner / "data"
    assert opened(inner, "../away").data == root / ".difykit" / "away"


def test_the_line_of_a_default_is_the_first(root: Path) -> None:
    write_tree(root, {"difykit.yaml": PIN, "data": "a file"})
    with pytest.raises(ConfigError, match=r"^difykit.yaml:1: deploy.data: 'data' is not a folder$"):
        Workspace.open(root)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (link(".difykit/release", "AWAY"), ".difykit/release is a link, and difykit makes anew what stands there"),
        (link(".difykit/build", "../images"), ".difykit/build is a link, and difykit makes anew what stands there"),
        (link(".difykit/upgrade", "nowhere"), ".difykit/upgrade is a link, and difykit makes anew what stands there"),
        (link(".difykit/source", "../overlays"), ".difykit/source exists and is not difykit's work tree"),
        (link(".difykit/upstream.git", "../.git"), ".difykit/upstream.git is a link, and what it leads to is .git"),
        (link(".difykit", "images"), ".difykit is a link, and what it leads to is images"),
        (link(".difykit", "."), "deploy.data: 'data' lies in .difykit"),
        (
            every(lambda root: write_tree(root.parent, {"away/release/mine": ""}), link(".difykit", "AWAY")),
            ".difykit is a link to AWAY, a folder with files that are not difykit's",
        ),
        (
            every(
                lambda root: write_tree(root.parent, {"o/difykit.yaml": PIN, "o/.difykit/lock": ""}),
                link(".difykit", "../o/.difykit"),
            ),
            ".difykit is a link, and what it leads to is .difykit of the workspace SPACE/../o, which difykit makes",
        ),
        (link(".difykit", ".difykit"), "is a loop of symlinks: SPACE/.difykit leads back to itself"),
    ],
)
def test_a_link_that_difykit_would_delete_in_is_refused(make: Callable[[Path], object], said: str, root: Path) -> None:
    make(root)
    (root / "difykit.yaml").touch()
    before = everything(root.parent)
    with pytest.raises(DifyKitError) as caught:
        opened(root, "data")
    away = said.replace("SPACE/../o", str(root.parent / "o")).replace("AWAY", str(root.parent / "away"))
    assert away.replace("SPACE", str(root)) in caught.value.message
    assert everything(root.parent) == before
