"""Dify's own addresses: what an overlay's endpoint or page cannot be called.

The names are those of all 41 releases 1.0.0 to 1.15.0; of a fetched release its own template, pages and controllers are
looked at too, so that a list that lacks one of its names lets nothing through.
"""

from __future__ import annotations

TO_API = ("api", "files", "mcp", "openapi", "triggers", "v1")
"""What the gateway sends to api, whatever follows."""

_WEB = """
    account activate agent app apps auth chat chatbot completion components datasets deployments dev-only dev-preview
    device education-apply explore forgot-password form init install installed integrations marketplace oauth-callback
    plugins repos reset-password roster serwist signin signup snippets tools webapp-reset-password webapp-signin
    workflow _next _offline.html apple-touch-icon.png browserconfig.xml education embed.js embed.min.js favicon.ico
    icon-192x192.png logo manifest.json pdf.worker.min.mjs screenshots vs workbox-c05e7c83.js
"""
# Of the gateway, and of api where only the inner network reaches it.
_OTHERS = "console e socket.io inner health threads db-pool-stat"
PATHS = frozenset((*_WEB.split(), *_OTHERS.split(), *TO_API))
"""The first parts of Dify's own addresses."""

_CONSOLE = """
    activate agent all-workspaces api-based-extension app-dsl-version apps code-based-extension datasets
    email-code-login email-register features forgot-password icon info init installed-apps instruction-generate login
    logout notification ping refresh-token reset-password rule-code-generate rule-generate
    rule-structured-output-generate setup system-features tag-bindings tags trial-models v1 version workflow-generate
    workspaces
"""
CONSOLE = frozenset(_CONSOLE.split())
"""What follows `/console/api/` in Dify's own addresses of one word."""
