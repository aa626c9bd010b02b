"""`upgrade`: what moving to another release means, and moving there."""

from difykit.porting.apply import verbs
from difykit.porting.apply.journal import FileMerge, IndexStage, Places, UpgradeJournal, read_journal
from difykit.porting.apply.status import Status, read_status, stopped
from difykit.porting.apply.verbs import recover
from difykit.porting.beyond import blobs_of, files_beyond, to_review
from difykit.porting.conflicts import exchange, remembered
from difykit.porting.mergelist import LayerMerges, MergeList, read_merges, unknown_of
from difykit.porting.page_parts import in_html, style_of
from difykit.porting.pages import text
from difykit.porting.pages.markdown import escaped, fenced, markdown
from difykit.porting.pages.page import page
from difykit.porting.pages.text import plain
from difykit.porting.plan.differences import compare_env, lacking
from difykit.porting.plan.facts import EnvChanges
from difykit.porting.plan.forecast import forecast
from difykit.porting.plan.model import Cell, Customisation, Forecast, Outlook, State, counted
from difykit.porting.plan.releases import Wish, get_releases, wish_of

__all__ = [
    "Cell",
    "Customisation",
    "EnvChanges",
    "FileMerge",
    "Forecast",
    "IndexStage",
    "LayerMerges",
    "MergeList",
    "Outlook",
    "Places",
    "State",
    "Status",
    "UpgradeJournal",
    "Wish",
    "blobs_of",
    "compare_env",
    "counted",
    "escaped",
    "exchange",
    "fenced",
    "files_beyond",
    "forecast",
    "get_releases",
    "in_html",
    "lacking",
    "markdown",
    "page",
    "plain",
    "read_journal",
    "read_merges",
    "read_status",
    "recover",
    "remembered",
    "stopped",
    "style_of",
    "text",
    "to_review",
    "unknown_of",
    "verbs",
    "wish_of",
]
