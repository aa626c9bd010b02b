"""`demo`: the whole pipeline, for real, on a miniature Dify that ships in the package."""

from difykit.demo.run import DemoOutcome, run_demo
from difykit.demo.upstream import NEWEST, RELEASES, make_upstream, official_images

__all__ = ["NEWEST", "RELEASES", "DemoOutcome", "make_upstream", "official_images", "run_demo"]
