"""Hosts in values, placeholders, what api uses by its own code, and the services as Compose makes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from difykit.checks import Severity
from difykit.checks.settings.addresses import addresses
from difykit.checks.settings.code import Code
from difykit.checks.settings.coverage import coverage
from difykit.checks.settings.fields import read_fields
from difykit.checks.settings.hosts import dead_hosts
from difykit.checks.settings.stack import read_stack
from difykit.checks.settings.usage import Usage
from difykit.dify.placeholders import is_placeholder
from difykit.git import Store, Tree
from tests.support.settings import look

VALUES: tuple[tuple[str, list[str]], ...] = (
    ("redis", ["redis"]),
    ("Redis.", ["redis"]),
    ("redis:6379", ["redis:6379"]),
    ("http://weaviate:8080", ["weaviate:8080"]),
    ("redis://:p@ss/word@redis:6379/1", ["redis:6379"]),
    ("redis://user:pw@r.example.com/0", ["r.example.com"]),
    ("s1:26379,s2:26379", ["s1:26379", "s2:26379"]),
    ("sentinel://:pw@h1:26379/1;sentinel://:pw@h2:26379/1", ["h1:26379", "h2:26379"]),
    ("redis://:pw@h1:6379,h2:6379/0", ["h1:6379", "h2:6379"]),
    ("""'etcd1:2379','etcd2:2379'""", ["etcd1:2379", "etcd2:2379"]),
    ("""["https://opensearch:9200"]""", ["opensearch:9200"]),
    ("oracle:1521/FREEPDB1", ["oracle:1521"]),
    ("http://[::1]:80/x", ["[::1]:80"]),
    ("grpc://weaviate:50051", ["weaviate:50051"]),
    ("", []),
)


@pytest.mark.parametrize(("value", "hosts"), VALUES)
def test_the_hosts_of_a_value(value: str, hosts: list[str]) -> None:
    assert [str(host) for host in addresses(value) or ()] == hosts


@pytest.mark.parametrize("value", ["a host", "DefaultEndpointsProtocol=https", "<your-host>", "redis:port"])
def test_what_is_no_host_is_not_taken_for_one(value: str) -> None:
    named = addresses(value)
    assert named is None or len(named) > 1


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("0.0.0.0", True),
        ("[::1]", True),
        ("10.0.0.1", False),
    ],
)
def test_the_container_itself(host: str, own: bool) -> None:
    (named,) = addresses(host) or ()
    assert named.is_own is own


@pytest.mark.parametrize(
    "value",
    [
        *(
            "your-bucket-name",
            "YOUR-ELASTICSEARCH_CLOUD_URL",
            "xxx",
            "https://xxx-vector.upstash.io",
            "<key>",
            "changeme",
        ),
        "https://<your_account_name>.blob.core.windows.net",
        "https://your-object-storage-namespace.compat.objectstorage.us-ashburn-1.oraclecloud.com",
        "api-vikingdb.xxx.volces.com",
    ],
)
def test_a_placeholder(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "value", ["yours", "difyai", "my-your-bucket", "http://localhost/e/{hook_id}", "axxxb", "a<b", ""]
)
def test_no_placeholder(value: str) -> None:
    assert not is_placeholder(value)


CODE = {
    "api/configs/__init__.py": (
        "from pydantic_settings import BaseSettings\n"
        "class A(BaseSettings):\n"
        "    KIND: str = 'one'\n    ONE_URL: str = ''\n    TWO_URL: str = ''\n"
        "    ON: bool = False\n    FEATURE_URL: str = ''\n"
        "    JOB_URL: str = ''\n    DB_HOST: str = ''\n    IDLE_URL: str = ''\n    LEFT_URL: str = ''\n"
        "    @computed_field\n    def URI(self):\n        return self.DB_HOST\n"
        "    @property\n    def idle(self):\n        return self.IDLE_URL\n"
        "dify_config = A()\n"
    ),
    "api/kinds.py": "from enum import StrEnum\nclass Kind(StrEnum):\n    ONE = 'one'\n    TWO = 'two'\n",
    "api/extensions/ext_kind.py": (
        "from configs import dify_config\nfrom kinds import Kind\n"
        "def factory(kind):\n"
        "    match kind:\n"
        "        case Kind.ONE:\n            from extensions.kinds.one import One\n            return One\n"
        "        case Kind.TWO:\n            from extensions.kinds.two import Two\n            return Two\n"
        "def init_app(app):\n    return factory(dify_config.KIND)\n"
    ),
    "api/extensions/kinds/one.py": "from configs import dify_config\nclass One:\n    url = dify_config.ONE_URL\n",
    "api/extensions/kinds/two.py": "from configs import dify_config\nclass Two:\n    url = dify_config.TWO_URL\n",
    "api/extensions/ext_feature.py": (
        "from configs import dify_config\n"
        "def is_enabled():\n    return dify_config.ON\n"
        "def init_app(app):\n    return dify_config.FEATURE_URL\n"
    ),
    "api/extensions/ext_celery.py": (
        "from configs import dify_config\nimports = []\n"
        "def init_app(app):\n    if dify_config.ON:\n        imports.append('schedule.job')\n"
        "    if not dify_config.ON:\n        return\n    _late()\n"
        "def _late():\n    return dify_config.LEFT_URL\n"
    ),
    "api/schedule/job.py": "from configs import dify_config\ndef job():\n    return dify_config.JOB_URL\n",
}


def usage(**environment: str) -> Usage:
    tree = Tree(Store(Path("/nowhere")), {}, {path: ("100644", text.encode()) for path, text in CODE.items()})
    fields, _ = read_fields(tree)
    return Usage(Code(tree, fields), environment)


@pytest.mark.parametrize(
    ("environment", "used"),
    [
        ({}, {"ONE_URL", "DB_HOST"}),
        ({"KIND": "two"}, {"TWO_URL", "DB_HOST"}),
        ({"KIND": "three"}, {"DB_HOST"}),
        ({"ON": "true"}, {"ONE_URL", "DB_HOST", "FEATURE_URL", "JOB_URL", "LEFT_URL"}),
        ({"ON": "off"}, {"ONE_URL", "DB_HOST"}),
    ],
)
def test_what_is_used_follows_from_the_code(environment: dict[str, str], used: set[str]) -> None:
    keys = {"ONE_URL", "TWO_URL", "FEATURE_URL", "JOB_URL", "DB_HOST", "IDLE_URL", "LEFT_URL"}
    answers = {key: usage(**environment).of(key) for key in keys}
    assert {key for key, use in answers.items() if use and use.used} == used


def test_what_is_not_used_names_the_setting_that_decides_it() -> None:
    two = usage().of("TWO_URL")
    job = usage().of("JOB_URL")
    assert (two and two.by, job and job.by) == (("KIND",), ("ON",))
    assert usage().of("NOBODY_READS_IT") is None


def faults(env: str = "", compose: str = "", overlay: str = "") -> list[str]:
    settings = look(env, overlay=overlay)
    if compose:
        parts = tuple(replace(part, compose={"compose.yaml": compose}) for part in settings.inputs.overlays)
        settings = replace(settings, inputs=replace(settings.inputs, overlays=parts))
    return [
        finding.subject for finding in dead_hosts(settings, read_stack(settings)) if finding.severity is Severity.ERROR
    ]


NONE = "env: {}\n"


@pytest.mark.parametrize(
    ("compose", "there"),
    [
        ("services: {far: {image: a}}", True),
        ("services: {other: {image: a, networks: {default: {aliases: [far]}}}}", True),
        ("services: {other: {image: a, container_name: far}}", True),
        ("services: {api: {extra_hosts: ['far:10.0.0.1']}}", True),
        ("services: {api: {extra_hosts: {far: 10.0.0.1}}}", True),
        ("services: {api: {links: ['redis:far']}}", True),
        ("services: {other: {image: a, hostname: far}}", False),
        ("services: {far: {image: a, networks: [apart]}}\nnetworks: {apart: {}}", False),
        ("services: {far: {image: a, profiles: [never]}}", False),
        ("services: {far: {image: a, deploy: {replicas: 0}}}", False),
        ("services: {far: {image: a, scale: 0}}", False),
        ("services: {api: {networks: [out]}}\nnetworks: {out: {external: true}}", True),
        ("services: {api: {network_mode: host}}", True),
    ],
)
def test_a_host_is_there_by_whichever_name_compose_gives_it(compose: str, there: bool) -> None:
    assert ("DB_HOST" in faults("DB_HOST=far\n", compose, NONE)) is not there


@pytest.mark.parametrize("host", ["far.example.com", "10.1.2.3", "db", "DB"])
def test_a_host_outside_or_here_is_right(host: str) -> None:
    assert faults(f"DB_HOST={host}\n") == []


@pytest.mark.parametrize("host", ["far", "localhost", "127.0.0.1", "0.0.0.0"])
def test_a_host_that_is_not_there_is_told(host: str) -> None:
    assert faults(f"DB_HOST={host}\n") == ["DB_HOST"]


def test_what_is_not_judged_is_counted_with_its_reason() -> None:
    settings = look("OTHER_URL=http://far\n")
    counted = coverage(settings, read_stack(settings))
    assert "DB_HOST" in counted.judged
    assert not counted.judged & counted.not_judged.keys()
    assert str(counted).startswith(f"{len(counted.judged)} values judged, {len(counted.not_judged)} not judged (")
