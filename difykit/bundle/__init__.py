"""`bundle.save` and `bundle.load`: a stack with all that it needs, carried into a closed network in one file."""

from difykit.bundle.load import LoadPlan, load, look, plan_load
from difykit.bundle.record import Summary
from difykit.bundle.save import SavePlan, plan_save, save

__all__ = ["LoadPlan", "SavePlan", "Summary", "load", "look", "plan_load", "plan_save", "save"]
