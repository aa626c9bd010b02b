"""What other programs take for a value, and the places that a release puts settings into."""

from __future__ import annotations

import pytest

from difykit.dify import limits, lists, nginx_templates, programs, web_schema

TEMPLATE = """\
# proxy_read_timeout ${COMMENTED};
worker_processes  ${PROCESSES};
events { worker_connections 1024; }
http {
    client_max_body_size ${BODY};
    keepalive_timeout  ${KEEP};
    set $up ${UPSTREAM};
    server { listen ${SSL_PORT} ssl; server_name ${NAME}; proxy_pass http://${HOST}:80; ${BLOCK} }
}
"""
SCRIPT = """\
# --timeout ${COMMENTED:-1}
if worker; then
  CONCURRENCY="-c ${AMOUNT:-1}"
  POOL="${NEW_POOL:-${OLD_POOL:-gevent}}"
  celery worker -P ${POOL} $CONCURRENCY --max-tasks-per-child ${TASKS:-50} -Q ${QUEUES}
fi
gunicorn --workers ${WORKERS:-1} --timeout ${SECONDS:-200}
"""


@pytest.mark.parametrize(
    ("directive", "takes", "refuses"),
    [
        ("client_max_body_size", ["0", "15M", "500m", "1g", "1024", "10K"], ["500MB", "1.5g", "500 M", "", "m", "-1"]),
        (
            "proxy_read_timeout",
            ["3600", "3600s", "1h30m", "500ms", "1d", "2h10"],
            ["1 hour", "60sec", "1h 30m", "s", "30m1h"],
        ),
        ("keepalive_timeout", ["65", "65s", "65 60"], ["65 60 50", "long"]),
        ("worker_processes", ["auto", "4"], ["0", "four", "AUTO"]),
        ("listen", ["80", "0.0.0.0:80", "[::]:443"], ["0", "99999", "http"]),
        ("ssl_protocols", ["TLSv1.2 TLSv1.3", "TLSv1.3"], ["TLS1.2", "TLSv1.2,TLSv1.3"]),
        ("server_name", ["_", "a.example.com b.example.com"], ["a; b", "{"]),
    ],
)
def test_what_nginx_takes(directive: str, takes: list[str], refuses: list[str]) -> None:
    form = programs.NGINX[directive]
    assert [value for value in takes if not form.takes(value)] == []
    assert [value for value in refuses if form.takes(value)] == []


@pytest.mark.parametrize(
    ("directive", "value", "near"),
    [
        ("client_max_body_size", "500MB", "500m"),
        ("client_max_body_size", "1 GB", "1g"),
        ("proxy_read_timeout", "60sec", "60s"),
        ("client_max_body_size", "large", ""),
    ],
)
def test_a_value_that_was_surely_meant_otherwise(directive: str, value: str, near: str) -> None:
    assert programs.NGINX[directive].near(value) == near


def test_the_directive_that_each_setting_stands_in() -> None:
    names = dict.fromkeys(("PROCESSES", "BODY", "KEEP", "SSL_PORT", "NAME", "HOST", "UPSTREAM", "COMMENTED"), "x")
    assert set(nginx_templates.placements({"nginx/nginx.conf.template": TEMPLATE}, names)) == {
        ("worker_processes", "PROCESSES"),
        ("client_max_body_size", "BODY"),
        ("keepalive_timeout", "KEEP"),
        ("listen", "SSL_PORT"),
        ("server_name", "NAME"),
    }


@pytest.mark.parametrize(("on", "count"), [("true", 1), ("True", 0), ("false", 0)])
def test_what_https_needs_is_looked_at_only_where_it_is_on(on: str, count: int) -> None:
    environment = {"NGINX_HTTPS_ENABLED": on, "P": "x"}
    assert len([*nginx_templates.placements({"nginx/https.conf.template": "listen ${P} ssl;"}, environment)]) == count


def test_the_options_that_a_script_hands_its_settings_to() -> None:
    assert {key: form.program for key, form in programs.options(SCRIPT)} == {
        **dict.fromkeys(("AMOUNT", "NEW_POOL", "OLD_POOL", "TASKS"), "Celery"),
        **dict.fromkeys(("WORKERS", "SECONDS"), "gunicorn"),
    }


@pytest.mark.parametrize(
    ("image", "command", "value", "takes"),
    [
        ("postgres", "postgres -c 'shared_buffers=${KEY:-128MB}'", "256MB", True),
        ("postgres", "postgres -c 'shared_buffers=${KEY:-128MB}'", "256mb", False),
        ("postgres", "postgres -c 'max_connections=${KEY:-100}'", "many", False),
        ("postgres", "postgres -c 'statement_timeout=${KEY:-0}'", "30s", True),
        ("mysql", "--innodb_buffer_pool_size=${KEY:-512M}", "512MB", False),
        ("mysql", "--innodb_buffer_pool_size=${KEY:-512M}", "1g", True),
    ],
)
def test_what_a_database_takes(image: str, command: str, value: str, takes: bool) -> None:
    ((key, form),) = programs.of_command(image, command)
    assert (key, form.takes(value)) == ("KEY", takes)


def test_another_image_takes_what_is_not_known() -> None:
    assert [*programs.of_command("redis", "redis-server --requirepass=${KEY:-x}")] == []


@pytest.mark.parametrize(
    ("script", "queues"),
    [
        ("celery worker -Q ${CELERY_QUEUES:-a,b}", {"CELERY_QUEUES": "a,b"}),
        (
            'D="a,b,cloud"\nD="a,b"\nD="${CELERY_QUEUES}"\nD="${CELERY_WORKER_QUEUES}"\ncelery -Q ${D} \\\n',
            {"CELERY_QUEUES": "a,b", "CELERY_WORKER_QUEUES": "a,b"},
        ),
        ("flask run", {}),
        ("celery -Q ${D}", {}),
    ],
)
def test_the_queues_that_a_worker_starts_with(script: str, queues: dict[str, str]) -> None:
    assert lists.worker_queues(script) == queues


@pytest.mark.parametrize(
    ("key", "text", "measure"),
    [
        ("NGINX_CLIENT_MAX_BODY_SIZE", "100M", 100 << 20),
        ("NGINX_CLIENT_MAX_BODY_SIZE", "0", None),
        ("NGINX_CLIENT_MAX_BODY_SIZE", "x", None),
        ("UPLOAD_FILE_SIZE_LIMIT", "15", 15 << 20),
        ("PLUGIN_MAX_PACKAGE_SIZE", "52428800", 50 << 20),
        ("NGINX_PROXY_READ_TIMEOUT", "1h30m", 5400),
        ("SQLALCHEMY_POOL_SIZE", "30", 30),
        ("SQLALCHEMY_POOL_SIZE", "", None),
    ],
)
def test_what_a_limit_comes_to(key: str, text: str, measure: float | None) -> None:
    assert limits.measure(key, text) == measure


def test_what_web_takes_is_read_from_its_schema() -> None:
    env = (
        "const clientSchema = {\n  /** A comment: x */\n  NEXT_PUBLIC_A: coercedBoolean.default(false),\n"
        "  NEXT_PUBLIC_B: coercedNumber.default(5),\n  NEXT_PUBLIC_C: z.enum(['X', 'Y']).optional(),\n"
        "  NEXT_PUBLIC_D: z\n    .string()\n    .regex(/^\\/.*[^/]$/)\n    .or(z.literal('')),\n"
        "  NEXT_PUBLIC_E: z.string().optional(),\n  NEXT_PUBLIC_F: z.url().optional(),\n}\n"
        "  experimental: {\n    NEXT_PUBLIC_A: isServer ? 1 : 2,\n  }\n"
    )
    forms = web_schema.schema(env)
    takes = {
        key: [value for value in ("true", "5", "X", "/a", "a", "http://a") if forms[key].takes(value)] for key in forms
    }
    assert takes == {
        "NEXT_PUBLIC_A": ["true"],
        "NEXT_PUBLIC_B": ["5"],
        "NEXT_PUBLIC_C": ["X"],
        "NEXT_PUBLIC_D": ["/a"],
        "NEXT_PUBLIC_F": ["http://a"],
    }
