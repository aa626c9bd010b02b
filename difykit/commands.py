"""What `tasks.py` of every workspace imports, also of those that an older difykit made."""

from difykit.cli import namespace

__all__ = ["namespace"]
