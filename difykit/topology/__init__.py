"""`topology`: the picture of a deployment, from the release folder that it is started from."""

from difykit.topology.layout import PictureLayout, lay_out
from difykit.topology.model import ServiceBox, Topology
from difykit.topology.page import page
from difykit.topology.read import FolderFacts, read_topology, topology_of
from difykit.topology.svg import svg
from difykit.topology.text import text

__all__ = [
    "FolderFacts",
    "PictureLayout",
    "ServiceBox",
    "Topology",
    "lay_out",
    "page",
    "read_topology",
    "svg",
    "text",
    "topology_of",
]
