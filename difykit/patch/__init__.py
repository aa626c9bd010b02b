"""An exact reader and applier of `git format-patch` files, in process."""

from difykit.patch.absorbed import unapplied
from difykit.patch.apply import Blob, Read, apply
from difykit.patch.burden import Burden, burden
from difykit.patch.check import check, named, readable
from difykit.patch.listing import FileStat, pick, shown, stats
from difykit.patch.model import BinaryHunk, FileChange, Hunk, Kind, Patch, blob_id
from difykit.patch.parse import parse
from difykit.patch.series import load, read_series
from difykit.patch.trim import Trim, trim, trimmed
from difykit.patch.write import file_name, write_patch

__all__ = [
    "BinaryHunk",
    "Blob",
    "Burden",
    "FileChange",
    "FileStat",
    "Hunk",
    "Kind",
    "Patch",
    "Read",
    "Trim",
    "apply",
    "blob_id",
    "burden",
    "check",
    "file_name",
    "load",
    "named",
    "parse",
    "pick",
    "read_series",
    "readable",
    "shown",
    "stats",
    "trim",
    "trimmed",
    "unapplied",
    "write_patch",
]
