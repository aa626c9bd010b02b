"""`topology`: the picture of a deployment, from the release folder that it is started from."""

from difykit.topology.layout import Layout, lay_out
from difykit.topology.model import Link, Network, Port, Service, Topology
from difykit.topology.page import page
from difykit.topology.read import Facts, read_topology, topology_of
from difykit.topology.svg import svg
from difykit.topology.text import text

__all__ = [
    "Facts",
    "Layout",
    "Link",
    "Network",
    "Port",
    "Service",
    "Topology",
    "lay_out",
    "page",
    "read_topology",
    "svg",
    "text",
    "topology_of",
]
