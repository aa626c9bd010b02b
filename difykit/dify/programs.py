"""What programs other than Dify's own take for a value: nginx, PostgreSQL, MySQL, gunicorn, Celery, Compose itself.

Which setting goes to which of them, and in which place, is read from the release: nginx's templates, the `command` of a
service, the script that starts api. What the place takes is theirs, and listed here.
Sources: https://nginx.org/en/docs/syntax.html and the directives' own pages; src/core/ngx_parse.c;
https://www.postgresql.org/docs/15/config-setting.html; https://dev.mysql.com/doc/refman/8.0/en/server-system-variables.html;
https://docs.gunicorn.org/en/stable/settings.html; https://docs.celeryq.dev/en/stable/reference/cli.html;
https://docs.docker.com/reference/compose-file/extension/#specifying-durations
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """What a program takes in a place."""

    program: str
    says: str
    pattern: re.Pattern[str]
    example: str = ""
    """A value that it takes, written alike."""

    def takes(self, value: str) -> bool:
        return self.pattern.fullmatch(value.strip()) is not None

    def near(self, value: str) -> str:
        """The value as it was surely meant, such as 500m for 500MB; "" where that is not sure."""
        match = re.fullmatch(r"(\d+)\s*([A-Za-z]{1,7})", value.strip())
        for unit in (match[2][:1].lower(), match[2][:1].upper(), match[2].upper()) if match else ():
            if match and self.takes(match[1] + unit):
                return match[1] + unit
        return ""


def _form(program: str, says: str, pattern: str, example: str = "") -> Form:
    return Form(program, says, re.compile(pattern), example)


_SIZE = _form("nginx", "a size for nginx, a whole number with k, m or g behind it", r"\d+[kKmMgG]?", "500m")
_TIME = _form(
    "nginx",
    "a time for nginx, such as 3600s or 1h",
    r"(?=\d)(?:\d+y)?(?:\d+M)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s?)?(?:\d+ms)?",
    "3600s",
)
_TIMES = _form(
    "nginx",
    _TIME.says,
    rf"{_TIME.pattern.pattern}(?:\s+{_TIME.pattern.pattern})?",
    "65",
)
_PORT = r"(?:6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|[1-5]\d{4}|[1-9]\d{0,3})"
NGINX: Mapping[str, Form] = {
    **dict.fromkeys(("client_max_body_size", "client_body_buffer_size", "proxy_max_temp_file_size"), _SIZE),
    **dict.fromkeys(
        (
            *("proxy_read_timeout", "proxy_send_timeout", "proxy_connect_timeout", "send_timeout"),
            *("client_body_timeout", "client_header_timeout", "ssl_session_timeout", "resolver_timeout"),
        ),
        _TIME,
    ),
    "keepalive_timeout": _TIMES,
    "worker_processes": _form("nginx", "auto or a whole number > 0 for nginx", r"auto|[1-9]\d*", "auto"),
    "worker_connections": _form("nginx", "a whole number > 0 for nginx", r"[1-9]\d*", "1024"),
    "listen": _form("nginx", "a port for nginx", rf"(?:\S+:)?{_PORT}|unix:\S+", "80"),
    "ssl_protocols": _form(
        "nginx",
        "a list of protocols for nginx, such as TLSv1.2 TLSv1.3",
        r"(?:SSLv2|SSLv3|TLSv1|TLSv1\.1|TLSv1\.2|TLSv1\.3)(?:\s+(?:SSLv2|SSLv3|TLSv1|TLSv1\.1|TLSv1\.2|TLSv1\.3))*",
        "TLSv1.2 TLSv1.3",
    ),
    "server_name": _form("nginx", "names of hosts for nginx, with spaces between", r"[^;{}]+", "_"),
}
"""The directive → what it takes. One that is not listed is not judged."""
ENDS_DIRECTIVE = re.compile(r"[;{}\n]")
"""What ends a directive of nginx's, wherever it stands."""

PLAIN = _form("nginx", "one word or more for nginx, without ; { and }", r"[^;{}\n]*")
"""What every setting in a template of nginx's must be."""

_COUNT = r"\+?0*[1-9]\d*"
_OPTIONS: Mapping[str, Form] = {
    "--workers": _form("gunicorn", "a whole number > 0 for gunicorn", _COUNT, "1"),
    "--worker-connections": _form("gunicorn", "a whole number > 0 for gunicorn", _COUNT, "10"),
    "--timeout": _form("gunicorn", "a whole number of seconds for gunicorn", r"\+?\d+", "360"),
    "-c": _form("Celery", "a whole number > 0 for Celery", _COUNT, "1"),
    "--max-tasks-per-child": _form("Celery", "a whole number > 0 for Celery", _COUNT, "50"),
    "--prefetch-multiplier": _form("Celery", "a whole number for Celery", r"\+?\d+", "1"),
    "-P": _form(
        "Celery",
        "one of prefork, eventlet, gevent, solo, processes, threads, custom for Celery",
        r"prefork|eventlet|gevent|solo|processes|threads|custom|[\w.]+:\w+|[\w]+(?:\.\w+)+",
        "gevent",
    ),
}
_OPTION = re.compile(r"(?<![\w-])(--?[A-Za-z][\w-]*)[ =]\"?\$\{(\w+)")
_INNER = re.compile(r"\$\{(\w+)")


def options(script: str) -> Iterator[tuple[str, Form]]:
    """The settings that a start script hands to a program as an option, each with what that takes."""
    text = re.sub(r"(?m)^\s*#.*$", "", script)
    for option, name in _OPTION.findall(text):
        if option in _OPTIONS:
            own = re.findall(rf"(?m)^\s*{name}=(.*)$", text)
            for key in _INNER.findall(" ".join(own)) if own else [name]:
                yield key, _OPTIONS[option]


_PG_NUMBER = _form("PostgreSQL", "a whole number for PostgreSQL", r"-?\d+", "100")
_PG_SIZE = _form(
    "PostgreSQL",
    "a size for PostgreSQL, a number with kB, MB, GB or TB behind it",
    r"\d+(?:\.\d+)?\s*(?:B|kB|MB|GB|TB)?",
    "128MB",
)
_PG_TIME = _form(
    "PostgreSQL",
    "a time for PostgreSQL, milliseconds or a number with ms, s, min, h or d behind it",
    r"\d+(?:\.\d+)?\s*(?:us|ms|s|min|h|d)?",
    "60000",
)
_MY_SIZE = _form("MySQL", "a size for MySQL, a whole number with K, M or G behind it", r"\d+[kKmMgGtTpPeE]?", "512M")
_MY_NUMBER = _form("MySQL", "a whole number for MySQL", r"\d+", "1000")
_SETTING = re.compile(r"(?:-c\s+['\"]?|--)([a-z_]+)=\$\{(\w+)(?::?-([^}]*))?\}")


def of_command(image: str, command: str) -> Iterator[tuple[str, Form]]:
    """The settings that a service hands to its database as a variable of that, each with what that takes."""
    for name, key, default in _SETTING.findall(command):
        if image == "postgres":
            sized = default.upper().endswith("B")
            yield key, _PG_SIZE if sized else _PG_TIME if name.endswith("_timeout") else _PG_NUMBER
        elif image == "mysql":
            yield key, _MY_SIZE if default[-1:].isalpha() else _MY_NUMBER


DURATION = _form(
    "Compose", "a duration for Compose, such as 30s or 1m30s", r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+|0", "30s"
)
COUNT = _form("Compose", "a whole number for Compose", r"\d+", "3")
PUBLISHED = _form(
    "Compose",
    "a port for Compose, alone or with an address before it",
    rf"(?:(?:\d{{1,3}}(?:\.\d{{1,3}}){{3}}|\[[0-9a-fA-F:]+\]|localhost):)?(?:0|{_PORT}(?:-{_PORT})?)",
    "8080",
)
HEALTH: Mapping[str, Form] = {
    "interval": DURATION,
    "timeout": DURATION,
    "start_period": DURATION,
    "start_interval": DURATION,
    "retries": COUNT,
}
"""The parts of a health check that Compose reads itself."""
