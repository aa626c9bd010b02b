"""The verbs of `upgrade`: what moving to another release means, and moving there."""

from __future__ import annotations

from invoke.collection import Collection

from difykit.cli import upgrade_forecast, upgrade_port, upgrade_resolutions, upgrade_review

collection = Collection("upgrade")
collection.add_task(upgrade_forecast.forecast, name="forecast")
for _name, _task in (
    ("start", upgrade_port.start),
    ("continue", upgrade_port.continue_),
    ("abort", upgrade_port.abort),
    ("status", upgrade_port.status),
    ("resolutions", upgrade_resolutions.resolutions),
    ("review", upgrade_review.review),
):
    collection.add_task(_task, name=_name)
