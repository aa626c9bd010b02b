"""`image.show` and `images.prune`: what an image says of itself, and which of them nothing needs any more."""

from difykit.images.inventory.prune import Pruned, prune
from difykit.images.inventory.show import ImageReport, show

__all__ = ["ImageReport", "Pruned", "prune", "show"]
