"""What a release brings beside code, from two deployments as values."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.dify.layout import COMPOSE_FILE
from difykit.git import GitEntry, Store, Tree, blob_id
from difykit.porting.plan.differences import compare, compare_env, compare_services
from difykit.porting.plan.facts import ReleaseDeployment, ServiceFacts, read_deployment


def tree_of(files: dict[str, str]) -> Tree:
    """A tree that is nowhere but in memory."""
    laid = {path: ("100644", text.encode()) for path, text in files.items()}
    entries = {path: GitEntry(mode, blob_id(content)) for path, (mode, content) in laid.items()}
    return Tree(Store(Path("/nowhere")), entries, dict(laid))


def deployment(compose: str, **files: str) -> ReleaseDeployment:
    return read_deployment(tree_of({COMPOSE_FILE: compose, **files}))


def test_keys_that_are_new_gone_or_have_another_default_are_told_apart() -> None:
    found = compare_env({"A": "1", "B": "2", "OLD": "x"}, {"A": "1", "B": "3", "NEW": "y"})
    assert (found.added, found.removed, found.defaults) == (("NEW",), ("OLD",), {"B": ("2", "3")})
    assert found.renamed == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PUBSUB_REDIS_USE_CLUSTERS", "EVENT_BUS_REDIS_USE_CLUSTERS"),
        ("VIKINGDB_SCHEMA", "VIKINGDB_SCHEME"),
        ("SSRF_SANDBOX_HOST", "SSRF_SANDBOX_PROXY_HOST"),
    ],
)
def test_a_key_with_the_same_default_and_most_of_its_name_is_renamed(old: str, new: str) -> None:
    found = compare_env({old: "false"}, {new: "false", "OTHER_THING": "false"})
    assert found.renamed == {old: new}
    assert (found.added, found.removed) == (("OTHER_THING",), ())


def test_two_candidates_of_equal_right_are_no_renaming() -> None:
    found = compare_env({"MAIL_HOST": ""}, {"MAIL_HOST_A": "", "MAIL_HOST_B": ""})
    assert found.renamed == {}
    assert found.removed == ("MAIL_HOST",)


def test_a_key_of_another_default_is_no_renaming() -> None:
    assert compare_env({"MAIL_HOST": "a"}, {"MAIL_SERVER": "b"}).renamed == {}


def test_keys_of_the_workspace_that_the_release_lost_are_named_also_where_they_were_renamed() -> None:
    found = compare_env({"A_B": "1", "C": "2", "D": "3"}, {"A_X": "1", "D": "3"}, yours={"A_B", "C", "D", "OWN"})
    assert found.yours == ("A_B", "C")


def test_a_service_is_renamed_where_its_image_runs_under_one_other_name() -> None:
    old = {"db": ServiceFacts("postgres:15-alpine", ("5432:5432",)), "api": ServiceFacts("x/api:1", ())}
    new = {
        "db_postgres": ServiceFacts("postgres:16-alpine", ()),
        "api": ServiceFacts("x/api:2", ()),
        "mysql": ServiceFacts("mysql:8", ()),
    }
    found = compare_services(old, new)
    assert found.renamed == {"db": "db_postgres"}
    assert (found.added, found.removed) == (("mysql",), ())
    assert found.images == {"db_postgres": ("postgres:15-alpine", "postgres:16-alpine"), "api": ("x/api:1", "x/api:2")}
    assert found.ports == {"db_postgres": (("5432:5432",), ())}


def test_two_services_of_one_image_are_not_a_renaming() -> None:
    old = {"a": ServiceFacts("redis:6", ())}
    assert compare_services(old, {"b": ServiceFacts("redis:6", ()), "c": ServiceFacts("redis:6", ())}).renamed == {}


@pytest.mark.parametrize(
    ("body", "needs"),
    [
        ("image: x\n    env_file: [{path: a, required: false}]", "2.24.0"),
        ("image: x\n    depends_on: {db: {condition: service_healthy, required: false}}", "2.20.0"),
        ("image: x\n    env_file: [a]\n    depends_on: [db]", "2.0.0"),
    ],
)
def test_the_compose_version_follows_from_what_the_file_says(body: str, needs: str) -> None:
    assert deployment(f"services:\n  api:\n    {body}\n").compose_needs == needs


def test_ports_are_read_in_both_forms() -> None:
    text = "services:\n  a:\n    ports: ['80:80', {target: 53, published: '5353', protocol: udp}]\n"
    assert deployment(text).services["a"].ports == ("80:80", "5353:53/udp")


def test_a_key_that_moves_to_another_example_file_is_neither_added_nor_removed() -> None:
    before = deployment("services: {}\n", **{"docker/.env.example": "A=1\nB=2\n"})
    after = deployment(
        "services: {}\n", **{"docker/.env.example": "A=1\n", "docker/envs/x/y.env.example": "B=2\nA=9\n"}
    )
    found = compare(before, after).env
    assert (found.added, found.removed, dict(found.defaults)) == ((), (), {})


def test_migrations_are_told_by_their_names() -> None:
    before = deployment("services: {}\n", **{"api/migrations/versions/a.py": ""})
    after = deployment("services: {}\n", **{"api/migrations/versions/b.py": "", "api/migrations/versions/README": ""})
    found = compare(before, after)
    assert (found.migrations, found.migrations_removed) == (("b.py",), ("a.py",))


def test_a_compose_file_that_cannot_be_read_is_said() -> None:
    assert "docker-compose.yaml" in deployment("a: [\n").problems[0]
    assert "has no docker/docker-compose.yaml" in read_deployment(tree_of({})).problems[0]
