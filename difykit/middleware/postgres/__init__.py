"""The two servers of the overlay postgres-replica: which takes writes, and the standby in its place."""

from difykit.middleware.postgres.promote import PromotionPlan, plan, promote
from difykit.middleware.postgres.servers import Servers, look

__all__ = ["PromotionPlan", "Servers", "look", "plan", "promote"]
