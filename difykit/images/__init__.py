"""`image.show` and `images.prune`: what an image says of itself, and which of them nothing needs any more."""

from difykit.images.prune import Pruned, prune
from difykit.images.show import Shown, show

__all__ = ["Pruned", "Shown", "prune", "show"]
