"""`middleware.render`: a folder for each host, the same secrets in all, and nothing of anybody else's replaced."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from difykit.core.errors import ConfigError, DifyKitError
from difykit.core.progress import Silent
from difykit.middleware import check_render, render
from difykit.source.overlay import find, listed, show
from difykit.workspace import dotenv, state
from difykit.workspace.manifest import Settings
from difykit.workspace.workspace import Workspace, presets
from tests.support.cli import inv
from tests.support.nodes import MANIFEST, SCRIPT, tiny
from tests.support.trees import Link, write_tree

ANYWHERE = {"version": 1, "upstream": {"url": "https://example.org/dify.git", "ref": "1.0.0"}}
THREE = ("10.0.0.1", "10.0.0.2", "10.0.0.3")


def settings(place: Path) -> dict[str, str]:
    return {each.key: dotenv.decode(each.raw) or "" for each in dotenv.assignments((place / ".env").read_text())}


def rendered(workspace: Workspace, folder: Path, *hosts: str, data: str = "") -> list[dict[str, str]]:
    render(workspace, "tiny", folder, Silent(), hosts=hosts, data=data)
    return [settings(place) for place in sorted(folder.glob("node-*"))]


def test_each_host_gets_a_whole_folder_that_differs_in_its_number_and_address_alone(tmp_path: Path) -> None:
    found = rendered(tiny(tmp_path / "ws"), tmp_path / "out", *THREE)
    assert [each.pop("NODE") for each in found] == ["1", "2", "3"]
    assert [each.pop("ADDRESS") for each in found] == [each.pop("BIND") for each in found] == list(THREE)
    places = [each.pop("DIFY_DATA") for each in found]
    assert places == [f"/var/lib/difykit/dify-tiny/node-{number}" for number in (1, 2, 3)]
    assert found[0] == found[1] == found[2]
    assert [found[0][f"NODE_{number}"] for number in (1, 2, 3)] == list(THREE)
    assert found[0]["COMPOSE_PROJECT_NAME"] == "dify-tiny"
    assert (tmp_path / "out/node-2/hello.sh").read_text() == SCRIPT
    assert stat.S_IMODE((tmp_path / "out/node-2/.env").stat().st_mode) == 0o600


def test_secrets_are_made_once_into_the_workspace_and_never_shown(tmp_path: Path) -> None:
    space = tiny(tmp_path / "ws")
    argv = [word for host in THREE for word in ("--node", host)]
    ran = inv("middleware.render", "tiny", "../out", *argv, cwd=space.root)
    assert ran.code == 0, ran.err
    kept = settings(space.root)
    assert (len(kept["TINY_TOKEN"]), len(kept["DB_PASSWORD"])) == (32, 42)
    assert settings(tmp_path / "out/node-3").items() >= kept.items()
    again = inv("middleware.render", "tiny", "../out", "--json", cwd=space.root)
    assert json.loads(again.out)["change"] == json.loads(again.out)["make"] == []
    assert settings(space.root) == kept
    shown = ran.out + ran.err + again.out + again.err + (tmp_path / "out/README.txt").read_text()
    assert not [key for key, value in kept.items() if value in shown]


def test_what_the_workspace_sets_reaches_the_hosts_as_compose_reads_it(tmp_path: Path) -> None:
    space = tiny(tmp_path / "ws")
    write_tree(space.root, {".env": "OWN=a\nDB_USERNAME=${OWN}b\nDB_PASSWORD='it''s $5'\nOTHER=secret\n"})
    first = rendered(space, tmp_path / "out", *THREE)[0]
    assert (first["DB_USERNAME"], first["DB_PASSWORD"]) == ("ab", "it")  # the quote ends the value, as in Compose
    assert "OTHER" not in first


def test_a_check_writes_nothing(tmp_path: Path) -> None:
    space = tiny(tmp_path / "ws")
    found = check_render(space, "tiny", tmp_path / "out", hosts=THREE)
    assert list(found.plan.generate) == ["TINY_TOKEN", "DB_PASSWORD"]
    assert "node-3/compose.yaml" in found.changed
    assert not (tmp_path / "out").exists()
    assert not space.env_file.exists()


def test_addresses_and_the_place_of_the_data_stay_until_others_are_given(tmp_path: Path) -> None:
    space, out = tiny(tmp_path / "ws"), tmp_path / "out"
    rendered(space, out, *THREE, data="/srv/data")
    (space.root / "overlays/tiny/node/hello.sh").write_text("echo new\n")
    found = rendered(space, out)
    assert (found[1]["ADDRESS"], found[1]["DIFY_DATA"]) == ("10.0.0.2", "/srv/data/dify-tiny/node-2")
    assert (out / "node-1/hello.sh").read_text() == "echo new\n"
    named = rendered(space, out, *THREE[:2], "db3.example.org")[2]
    assert (named["ADDRESS"], named["BIND"]) == ("db3.example.org", "0.0.0.0")


def test_a_changed_file_changes_what_labels_can_name(tmp_path: Path) -> None:
    space, out = tiny(tmp_path / "ws"), tmp_path / "out"
    before = rendered(space, out, *THREE)[0]["FILES"]
    (space.root / "overlays/tiny/node/hello.sh").write_text("echo new\n")
    assert rendered(space, out)[0]["FILES"] != before


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ((), "tiny runs on 3 hosts, and no address is given"),
        (THREE[:1], "tiny runs on 3 hosts, and one address is given"),
        ((*THREE, "10.0.0.4"), "tiny runs on 3 hosts, and 4 addresses are given"),
        (
            ("10.0.0.1", "10.0.0.1", "10.0.0.3"),
            "10.0.0.1 is given more than once: each node of tiny",
        ),
        (("a.example", "A.example", "b"), "a.example is given more than once"),
        (("fd00::1", *THREE[1:]), "fd00::1 is an IPv6 address, which cannot stand before a port"),
        (("[fd00::1]", *THREE[1:]), "is an IPv6 address"),
        (("10.0.0", *THREE[1:]), "'10.0.0' is neither an address nor the name of a host"),
        (("10.0.0.256", *THREE[1:]), "neither an address nor"),
        (("http://a", *THREE[1:]), "neither an address nor"),
        (("a,b", *THREE[1:]), "neither an address nor"),
        (("a b", *THREE[1:]), "neither an address nor"),
        (("-a", *THREE[1:]), "neither an address nor"),
        (("", *THREE[1:]), "neither an address nor"),
        (("$(reboot)", *THREE[1:]), "neither an address nor"),
        (("127.0.0.1", *THREE[1:]), "127.0.0.1 is no address at which the other hosts reach this one"),
        (("localhost", *THREE[1:]), "no address at which"),
        (("0.0.0.0", *THREE[1:]), "no address at which"),
    ],
)
def test_wrong_addresses_are_refused_before_anything_is_written(
    tmp_path: Path, hosts: tuple[str, ...], said: str
) -> None:
    space = tiny(tmp_path / "ws")
    with pytest.raises(DifyKitError, match=r"\w") as caught:
        rendered(space, tmp_path / "out", *hosts)
    assert said in caught.value.message
    assert caught.value.hint
    assert not (tmp_path / "out").exists()
    assert not space.env_file.exists()


def test_one_host_may_be_this_machine(tmp_path: Path) -> None:
    assert rendered(tiny(tmp_path / "ws", nodes=1), tmp_path / "out", "127.0.0.1")[0]["NODE_1"] == "127.0.0.1"


@pytest.mark.parametrize("data", ["relative", "/a:b", "/a$b", "/a\nb"])
def test_a_place_for_data_that_compose_cannot_mount_is_refused(tmp_path: Path, data: str) -> None:
    with pytest.raises(DifyKitError, match="is no place for the hosts' data"):
        rendered(tiny(tmp_path / "ws"), tmp_path / "out", *THREE, data=data)


def test_data_in_a_folder_is_never_replaced(tmp_path: Path) -> None:
    space, out = tiny(tmp_path / "ws"), tmp_path / "out"
    rendered(space, out, *THREE)
    write_tree(out, {"node-2/data/base/1": "rows"})
    (space.root / "overlays/tiny/node/hello.sh").write_text("echo new\n")
    with pytest.raises(DifyKitError, match="has node-2/data, which"):
        rendered(space, out)
    assert (out / "node-1/hello.sh").read_text() == SCRIPT
    assert (out / "node-2/data/base/1").read_text() == "rows"


@pytest.mark.parametrize("there", ["node-1/notes.txt", "node-1"])
def test_a_folder_of_somebody_elses_is_never_replaced(tmp_path: Path, there: str) -> None:
    write_tree(tmp_path / "out", {there: "mine"})
    with pytest.raises(DifyKitError, match=r"which middleware\.render tiny did not write"):
        rendered(tiny(tmp_path / "ws"), tmp_path / "out", *THREE)
    assert (tmp_path / "out" / there).read_text() == "mine"


def test_what_a_killed_run_left_goes(tmp_path: Path) -> None:
    out = write_tree(
        tmp_path / "out", {".node-1.ab12.new/.env": "DB_PASSWORD=x", ".node-2.cd.old/.env": "x", ".mine": "x"}
    )
    rendered(tiny(tmp_path / "ws"), out, *THREE)
    assert sorted(each.name for each in out.iterdir()) == [".mine", "README.txt", "node-1", "node-2", "node-3"]


def test_a_file_that_the_overlay_no_longer_has_goes(tmp_path: Path) -> None:
    space, out = tiny(tmp_path / "ws", more={"more/old.conf": "x"}), tmp_path / "out"
    rendered(space, out, *THREE)
    (space.root / "overlays/tiny/node/more/old.conf").unlink()
    changed = check_render(space, "tiny", out).changed
    assert [each for each in changed if each.startswith("node-2/")] == [
        "node-2/.env",
        "node-2/difykit.json",
        "node-2/more",
    ]
    rendered(space, out)
    assert not (out / "node-3/more").exists()


def test_a_password_that_the_present_data_does_not_know_is_not_made(tmp_path: Path) -> None:
    space = tiny(tmp_path / "ws")
    write_tree(space.root, {"data/volumes/db/data/PG_VERSION": "15"})
    with pytest.raises(DifyKitError, match=r"has been used, and \.env does not have DB_PASSWORD") as caught:
        rendered(space, tmp_path / "out", *THREE)
    assert "difykit env.set DB_PASSWORD=-" in caught.value.hint
    assert not space.env_file.exists()


def test_variables_that_nobody_sets_are_named_with_their_line(tmp_path: Path) -> None:
    text = "services:\n  a:\n    image: b\n    command: [$WHO, '${WHAT:?}']\n"
    space = tiny(tmp_path / "ws", more={"compose.yaml": text})
    with pytest.raises(ConfigError) as caught:
        rendered(space, tmp_path / "out", *THREE)
    label = "overlays/tiny/node/compose.yaml:4: nobody sets"
    why = "name it in middleware.env of overlays/tiny/overlay.yaml, or give it a default"
    assert [str(each) for each in caught.value.problems] == [f"{label} WHO: {why}", f"{label} WHAT: {why}"]


def test_links_and_an_env_file_in_the_overlays_folder_are_refused(tmp_path: Path) -> None:
    space = tiny(tmp_path / "ws", more={"conf": Link("/etc/passwd"), ".env": "A=b\n"})
    with pytest.raises(ConfigError) as caught:
        rendered(space, tmp_path / "out", *THREE)
    assert [str(each) for each in caught.value.problems] == [
        "overlays/tiny/node/.env: is a file that difykit writes for each host",
        "overlays/tiny/node/conf: is a link; the folder of a host holds files only",
    ]


def test_an_overlay_without_middleware_is_refused_with_those_that_have_it(tmp_path: Path) -> None:
    space = tiny(tmp_path / "ws")
    write_tree(space.root, {"overlays/other/overlay.yaml": "version: 1\ndescription: d\n"})
    with pytest.raises(DifyKitError, match="the overlay other does not say how") as caught:
        render(space, "other", tmp_path / "out", Silent())
    assert "tiny" in caught.value.hint
    with pytest.raises(DifyKitError, match="there is no overlay tinny"):
        render(space, "tinny", tmp_path / "out", Silent())


def with_image(space: Workspace, *built: str) -> Workspace:
    manifest = MANIFEST.replace("NODES", "3") + "  images: [my-db]\n"
    write_tree(space.root, {"overlays/tiny/overlay.yaml": manifest})
    images = tuple(
        state.Image(name="my-db", replaces="", strategy="source", reference=each, image_id="sha256:a") for each in built
    )
    state.write_source(space.derived, state.Source(release="1.0.0", base="b", commit="c", layers=()))
    state.write_images(space.derived, state.BuiltImages(source="c", images=images))
    return space


def test_images_of_difykits_own_are_named_as_they_were_built(tmp_path: Path) -> None:
    space, out = with_image(tiny(tmp_path / "ws"), "dify-my-db-custom:1.0.0-abc"), tmp_path / "out"
    assert rendered(space, out, *THREE)[0]["IMAGE_MY_DB"] == "dify-my-db-custom:1.0.0-abc"
    assert "docker save dify-my-db-custom:1.0.0-abc | ssh HOST docker load" in (out / "README.txt").read_text()
    with_image(space, "r.example/dify-my-db-custom:1.0.0-abc@sha256:" + "a" * 64)
    assert rendered(space, out)[0]["IMAGE_MY_DB"].endswith("@sha256:" + "a" * 64)
    assert "docker save" not in (out / "README.txt").read_text()


def test_an_image_that_was_not_built_is_named_with_the_commands_that_build_it(tmp_path: Path) -> None:
    with pytest.raises(DifyKitError, match="the image my-db was not built") as caught:
        rendered(with_image(tiny(tmp_path / "ws")), tmp_path / "out", *THREE)
    assert caught.value.hint == "difykit overlay.enable external-postgres; invoke sync build"


def test_the_readme_says_what_to_do(tmp_path: Path) -> None:
    rendered(tiny(tmp_path / "ws"), tmp_path / "out", *THREE)
    text = (tmp_path / "out/README.txt").read_text()
    for line in (
        "node-2 → 10.0.0.2",
        "Open TCP 8000 8001 between these hosts, and from Dify's host",
        "docker compose up --detach",
        "difykit overlay.enable external-postgres",
        "difykit env.set DB_HOST=10.0.0.1",
        "difykit env.set 'GREETING=hello 1'",
    ):
        assert line in text


PRESETS = Workspace(presets(), Settings.model_validate(ANYWHERE))
SHIPPED = [each.name for each in listed(PRESETS) if each.manifest and each.manifest.middleware]


@pytest.mark.parametrize("name", SHIPPED)
def test_what_a_shipped_overlay_says_of_its_hosts_fits_what_dify_then_uses(name: str) -> None:
    middleware = find(PRESETS, name).overlay.manifest.middleware
    assert middleware
    assert middleware.used
    then = find(PRESETS, middleware.used.overlay).overlay.manifest
    wanted = {each.key for each in then.requires.settings}
    assert wanted <= {*middleware.used.env, *middleware.env}
    assert {*middleware.images} <= {*then.images}
    assert f"on {middleware.nodes} hosts of its own" in "\n".join(show(PRESETS, name).lines())
