"""The rules for a deployment that runs."""

from __future__ import annotations

from difykit.checks import Rule, data
from difykit.checks.deployment import certificate, inside, isolation, published, replication, services

RULES: tuple[Rule, ...] = (
    Rule("services", ("live",), services.judge_services),
    Rule("described", ("status",), services.judge_described),
    Rule("release", ("workspace", "live"), services.judge_release),
    Rule("data", ("data",), data.judge_data),
    Rule("settings", ("inside",), inside.judge_settings),
    Rule("database", ("inside",), inside.judge_database),
    Rule("postgres", ("inside",), replication.judge_postgres),
    Rule("redis", ("inside",), inside.judge_redis),
    Rule("sentinel", ("inside",), replication.judge_sentinel),
    Rule("storage", ("inside",), inside.judge_storage),
    Rule("vector-store", ("inside",), inside.judge_vector),
    Rule("worker", ("live", "inside"), inside.judge_worker),
    Rule("plugin-daemon", ("live", "inside"), inside.judge_plugins),
    Rule("sandbox", ("live", "escapes"), isolation.judge_sandbox),
    Rule("ssrf-proxy", ("live", "escapes"), isolation.judge_proxy),
    Rule("published", ("live",), published.judge_published),
    Rule("certificate", ("certificate",), certificate.judge_certificate),
    Rule("clock", ("inside",), inside.judge_clock),
)
"""From the ground up: what is mended above may mend what is below."""
