"""Bad inputs: the series of patches."""

from __future__ import annotations

from tests.git.bad_inputs import SHELL, TICKS, Bad, files
from tests.support.trees import Link
from tests.support.workspaces import APP_PATCH

NAME = "0001-x.patch"

ROWS = (
    Bad(
        "a patch that is not in the series",
        files({f"patches/{SHELL}.patch": APP_PATCH}),
        "patches/$(touch CANARY).patch: not in patches/series: add it there, or remove it",
    ),
    Bad(
        "patches that are missing",
        files({"patches/series": f"; touch CANARY ;.patch\n{TICKS}.patch\n"}),
        (
            "patches/series:1: patches/; touch CANARY ;.patch does not exist\n"
            "patches/series:2: patches/`touch CANARY`.patch does not exist"
        ),
    ),
    Bad(
        "a patch that is twice in the series",
        files({"patches/series": f"{NAME}\n\n# again\n{NAME}\n", f"patches/{NAME}": APP_PATCH}),
        "patches/series:4: 0001-x.patch is in line 1 already",
    ),
    Bad(
        "patches outside",
        files({"patches/series": "../../secret.patch\n/etc/passwd\n"}),
        (
            "patches/series:1: ../../secret.patch: names are relative to patches/, without `.`, `..` or "
            "empty parts\n"
            "patches/series:2: /etc/passwd: names are relative to patches/, without `.`, `..` or empty "
            "parts"
        ),
    ),
    Bad("a series that is not UTF-8", files({"patches/series": b"\xff\n"}), "patches/series: not UTF-8 text"),
    Bad(
        "a series that is a folder",
        files({"patches/series/x": ""}),
        "patches/series: cannot be read: it is a folder, and no file",
    ),
    Bad(
        "a series that is a link",
        files({"patches/series": Link("../../series")}),
        "patches/series: patches and patches/series must not be symlinks",
    ),
    Bad(
        "a patch that is a link",
        files({"patches/series": f"{NAME}\n", f"patches/{NAME}": Link("/etc/passwd")}),
        "patches/series:1: 0001-x.patch is a symlink: put the patch itself here",
    ),
    Bad(
        "a patch that is a folder",
        files({"patches/series": f"{NAME}\n", f"patches/{NAME}/x": ""}),
        "patches/series:1: patches/0001-x.patch is not a file",
    ),
    Bad(
        "a folder of patches that is a link",
        files({"patches/more": Link("/etc")}),
        "patches/more: a symlink: put the folder itself here",
    ),
    Bad("a file for the patches", files({"patches": "x"}), "patches: is not a folder"),
    Bad(
        "three problems of the series",
        files({"patches/series": "1.patch\n2.patch\n", "patches/1.patch": "x", "patches/3.patch": "x"}),
        (
            "patches/1.patch:1: this patch changes no file: it has no `diff --git` line\n"
            "patches/series:2: patches/2.patch does not exist\n"
            "patches/3.patch: not in patches/series: add it there, or remove it"
        ),
    ),
)
