"""An exact reader and applier of `git format-patch` files, in process."""

from difykit.source.patch.absorbed import unapplied
from difykit.source.patch.apply import Blob, apply
from difykit.source.patch.binary import LIMIT
from difykit.source.patch.burden import Burden, burden
from difykit.source.patch.check import check, named, readable
from difykit.source.patch.listing import FileStat, painted, pick, shown, stats
from difykit.source.patch.mail import read_trailers
from difykit.source.patch.model import (
    FILL_IN,
    STAY_DELETED,
    FileChange,
    Patch,
    stays_deleted,
)
from difykit.source.patch.parse import parse
from difykit.source.patch.paths import link_fault, printable
from difykit.source.patch.pieces import Piece, chosen, listed, partly, pieces, title
from difykit.source.patch.series import load, read_series
from difykit.source.patch.seriesfile import added, dropped, moved
from difykit.source.patch.trim import Trim, trim, trimmed
from difykit.source.patch.write import file_name, with_trailer, write_patch

__all__ = [
    "FILL_IN",
    "LIMIT",
    "STAY_DELETED",
    "Blob",
    "Burden",
    "FileChange",
    "FileStat",
    "Patch",
    "Piece",
    "Trim",
    "added",
    "apply",
    "burden",
    "check",
    "chosen",
    "dropped",
    "file_name",
    "link_fault",
    "listed",
    "load",
    "moved",
    "named",
    "painted",
    "parse",
    "partly",
    "pick",
    "pieces",
    "printable",
    "read_series",
    "read_trailers",
    "readable",
    "shown",
    "stats",
    "stays_deleted",
    "title",
    "trim",
    "trimmed",
    "unapplied",
    "with_trailer",
    "write_patch",
]
