"""Bad inputs: patches."""

from __future__ import annotations

from tests.git.bad_inputs import SHELL, Bad, patch
from tests.support.workspaces import APP_PATCH, WorkspaceFixture, patch_text

NAME = "0001-x.patch"
MAIL = "From: Ann <ann@example.org>\nSubject: [PATCH] change it\n\nWhy: to see it\n---\n"
APP = [f"print('{number}')" for number in ("one", "two", "three")]
LEAVES = "patches/0001-x.patch:6: this path leaves the tree or is not one: %r"


def _new(path: str, mode: str = "100644", line: str = "x\n") -> str:
    names = f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n"
    return f"{MAIL}{names}@@ -0,0 +1 @@\n+{line}"


def _change(hunk: str) -> str:
    return f"{MAIL}diff --git a/api/app.py b/api/app.py\n--- a/api/app.py\n+++ b/api/app.py\n{hunk}"


def _same_twice(space: WorkspaceFixture) -> None:
    space.patch("1.patch", APP_PATCH)
    space.patch("2.patch", APP_PATCH)


FORM = (
    Bad(
        "a letter for a patch",
        patch("Please change the login page.\n"),
        "patches/0001-x.patch:1: this patch changes no file: it has no `diff --git` line",
    ),
    Bad("an empty patch", patch(""), "patches/0001-x.patch: this patch changes no file: it has no `diff --git` line"),
    Bad(
        "a patch cut off in a hunk",
        patch(APP_PATCH[: APP_PATCH.index("+print('drei')")]),
        "patches/0001-x.patch:11: this hunk ends before all the lines that its header counts",
    ),
    Bad(
        "a hunk without context",
        patch(_change("@@ -2 +2 @@\n-print('two')\n+print('zwei')\n")),
        (
            "patches/0001-x.patch:9: a hunk without context lines fits anywhere: export it again with "
            "`git format-patch -U3`"
        ),
    ),
    Bad(
        "a hunk with a wrong count",
        patch(_change("@@ -1,2 +1,2 @@\n print('one')\n-print('two')\n+print('2')\n print('three')\n")),
        "patches/0001-x.patch:13: this line belongs to no hunk (is the count in the hunk header too low?)",
    ),
    Bad(
        "a hunk without its file",
        patch(f"{MAIL}@@ -1 +1 @@\n-a\n+b\n"),
        "patches/0001-x.patch:6: a hunk without a `diff --git` line: write the file with `git format-patch`",
    ),
    Bad(
        "a patch of a path outside",
        patch(_new("../../outside")),
        "patches/0001-x.patch:6: this path leaves the tree or is not one: '../../outside'",
    ),
    Bad(
        "a patch of an absolute path",
        patch(_new("/etc/x")),
        "patches/0001-x.patch:6: this path leaves the tree or is not one: '/etc/x'",
    ),
    Bad(
        "a patch of a path outside in escapes",
        patch(_new("x").replace("a/x", '"a/\\056\\056/x"').replace("b/x", '"b/\\056\\056/x"')),
        "patches/0001-x.patch:6: this path leaves the tree or is not one: '../x'",
    ),
    Bad(
        "a patch of a hook",
        patch(_new(".git/hooks/post-checkout", "100755")),
        "patches/0001-x.patch:6: this path leaves the tree or is not one: '.git/hooks/post-checkout'",
    ),
    Bad(
        "a patch of .Git",
        patch(_new("web/.Git/config")),
        "patches/0001-x.patch:6: this path leaves the tree or is not one: 'web/.Git/config'",
    ),
    Bad("a patch of git~1", patch(_new("git~1/config")), LEAVES % "git~1/config"),
    Bad("a patch of .git by backslashes", patch(_new("x\\.git\\config")), LEAVES % "x\\.git\\config"),
    Bad("a patch of .git by a stream", patch(_new(".git::$INDEX_ALLOCATION/x")), LEAVES % ".git::$INDEX_ALLOCATION/x"),
    Bad(
        "a patch of a link out of the tree",
        patch(_new("x", "120000", "../../../etc/passwd\n\\ No newline at end of file\n")),
        "patches/0001-x.patch:6: the link to '../../../etc/passwd' leaves the tree",
    ),
    Bad(
        "a patch of a submodule",
        patch(_new("x", "160000", f"Subproject commit {'1' * 40}\n")),
        "patches/0001-x.patch:6: a submodule (mode 160000) cannot be patched: add its files instead",
    ),
    Bad(
        "a patch of an odd mode",
        patch(_new("x", "104755")),
        "patches/0001-x.patch:6: unknown file mode '104755': only 100644, 100755, 120000 exist",
    ),
    Bad(
        "a patch in CRLF",
        patch(APP_PATCH.replace("\n", "\r\n")),
        "patches/0001-x.patch:8: the line ends of this patch file were changed to CRLF: restore it (`* -text`)",
    ),
    Bad(
        "a patch with two changes to one file",
        patch(APP_PATCH + APP_PATCH[APP_PATCH.index("diff ") :]),
        "patches/0001-x.patch:16: two changes to one path in one patch: api/app.py is changed at line 8 already",
    ),
    Bad(
        "a patch of a merge",
        patch("diff --cc x\nindex 1,2..3\n"),
        "patches/0001-x.patch:1: combined diffs (of a merge) cannot be applied: export the commits one by one",
    ),
    Bad(
        "a patch without a/ and b/",
        patch(_change("").replace("a/api", "api").replace("b/api", "api") + "@@ -1 +1 @@\n-x\n+y\n"),
        (
            "patches/0001-x.patch:6: paths must start with a/ and b/: write it with `git format-patch "
            "--src-prefix=a/ --dst-prefix=b/`"
        ),
    ),
    Bad(
        "two patches in a file",
        patch(f"{APP_PATCH}-- \n2.4\n\n{APP_PATCH}"),
        "patches/0001-x.patch:16: a patch file holds one commit: the next one belongs in its own file",
    ),
    Bad(
        "a patch that leaves out what is binary",
        patch(_new("x").partition("---\n+++")[0] + "Binary files /dev/null and b/x differ\n"),
        "patches/0001-x.patch:12: the content is missing: export it with `git format-patch --binary`",
    ),
    Bad(
        "a range in Applies-to that is none",
        patch(APP_PATCH.replace("Why: to see it", f"Applies-to: {SHELL}")),
        "patches/0001-x.patch: Applies-to: '$(touch CANARY)' is not a version range such as >=1.13,<2 (PEP 440)",
    ),
)
FIT = (
    Bad(
        "a hunk that fits nowhere",
        patch(patch_text("README.md", ["Difi"], ["Ours"], message="Why: our name\n")),
        (
            "patches/0001-x.patch: README.md: hunk 1 (patch line 11) does not fit at line 1\n"
            "  the patch expects   the release has\n"
            "  1 | Difi          | 1 | Dify\n"
            "  The same lines occur nowhere in this file.\n"
            "  Why: our name"
        ),
        hint=(
            "refresh the patch for this release: `difykit patch.show 0001-x.patch` shows it; if upstream "
            "took the change, remove it from patches/series"
        ),
        code=1,
    ),
    Bad(
        "a hunk that fits elsewhere",
        patch(_change("@@ -2,2 +2,2 @@\n print('one')\n-print('two')\n+print('2')\n")),
        (
            "patches/0001-x.patch: api/app.py: hunk 1 (patch line 9) does not fit at line 2\n"
            "  the patch expects   the release has\n"
            "  2 | print('one')  | 2 | print('two')\n"
            "  3 | print('two')  | 3 | print('three')\n"
            "  The same lines occur at line 1: upstream moved them.\n"
            "  Why: to see it"
        ),
        hint=(
            "refresh the patch for this release: `difykit patch.show 0001-x.patch` shows it; if upstream "
            "took the change, remove it from patches/series"
        ),
        code=1,
    ),
    Bad(
        "a patch that is applied already",
        patch(patch_text("api/app.py", [*APP[:2], "print('drei')"], APP)),
        (
            "patches/0001-x.patch: api/app.py: hunk 1 (patch line 10) does not fit at line 1\n"
            "  the patch expects   the release has\n"
            "  2 | print('two')  | 2 | print('two')\n"
            "  3 | print('drei') | 3 | print('three')\n"
            "  The lines are there as the patch makes them, at line 1: already applied: upstream may "
            "have taken this change"
        ),
        hint=(
            "refresh the patch for this release: `difykit patch.show 0001-x.patch` shows it; if upstream "
            "took the change, remove it from patches/series"
        ),
        code=1,
    ),
    Bad(
        "a patch of a file that is not there",
        patch(patch_text("api/gone.py", ["a"], ["b"])),
        "patches/0001-x.patch: api/gone.py: the release has no api/gone.py",
        hint=(
            "refresh the patch for this release: `difykit patch.show 0001-x.patch` shows it; if upstream "
            "took the change, remove it from patches/series"
        ),
        code=1,
    ),
    Bad(
        "a patch that makes a file that is there",
        patch(_new("README.md")),
        (
            "patches/0001-x.patch: README.md: the patch makes this file, but the release has it, in mode "
            "100644\n"
            "  Why: to see it"
        ),
        hint=(
            "refresh the patch for this release: `difykit patch.show 0001-x.patch` shows it; if upstream "
            "took the change, remove it from patches/series"
        ),
        code=1,
    ),
    Bad(
        "a patch that makes a file in a file",
        patch(_new("README.md/x")),
        (
            "patches/0001-x.patch: README.md/x: in the release README.md is a file or a symlink, not a "
            "folder\n"
            "  Why: to see it"
        ),
        hint=(
            "refresh the patch for this release: `difykit patch.show 0001-x.patch` shows it; if upstream "
            "took the change, remove it from patches/series"
        ),
        code=1,
    ),
    Bad(
        "one patch under two names",
        _same_twice,
        (
            "patches/2.patch: api/app.py: hunk 1 (patch line 11) does not fit at line 1\n"
            "  the patch expects    the release has\n"
            "  2 | print('two')   | 2 | print('two')\n"
            "  3 | print('three') | 3 | print('drei')\n"
            "  The lines are there as the patch makes them, at line 1: already applied: upstream may "
            "have taken this change\n"
            "  Why: to see it"
        ),
        hint=(
            "refresh the patch for this release: `difykit patch.show 2.patch` shows it; if upstream took "
            "the change, remove it from patches/series"
        ),
        code=1,
    ),
)
ROWS = (*FORM, *FIT)
