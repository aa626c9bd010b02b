"""The process target: the demo's miniature Dify as processes of this machine, for a demo without an engine."""

from difykit.targets.process.target import ProcessTarget

TARGET = ProcessTarget()

__all__ = ["TARGET", "ProcessTarget"]
