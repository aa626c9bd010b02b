"""`upgrade`: what moving to another release means, and moving there."""

from difykit.upgrade.do import abort, proceed, recover, start
from difykit.upgrade.forecast import forecast
from difykit.upgrade.model import Cell, Customisation, Forecast, Outlook, State
from difykit.upgrade.releases import Wish, wish_of
from difykit.upgrade.status import Status, read_status

__all__ = [
    "Cell",
    "Customisation",
    "Forecast",
    "Outlook",
    "State",
    "Status",
    "Wish",
    "abort",
    "forecast",
    "proceed",
    "read_status",
    "recover",
    "start",
    "wish_of",
]
