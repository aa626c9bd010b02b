"""The two servers of the overlay postgres-replica: which takes writes, and the standby in its place."""

from difykit.postgres.look import Servers, look
from difykit.postgres.promote import Plan, plan, promote

__all__ = ["Plan", "Servers", "look", "plan", "promote"]
