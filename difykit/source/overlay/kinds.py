"""The kinds of new overlays: what `overlay.new` writes, and what answers when it is deployed.

Modules are called `overlay_<name>`, which no release of Dify uses, so that they never take the place of one of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

_HEAD = """\
# yaml-language-server: $schema=../../.difykit/schema/overlay.schema.json
# What comes of this overlay: difykit overlay.show @name@
version: 1
description: @description@
requires: {dify: ">=1.0,<2"}  # the Dify releases it is made for
"""

_ENDPOINT = """\
api:
  # A Flask blueprint of its own, as module:variable; the module is below tree/api. It is registered after Dify's.
  # It is open to everyone, since Dify looks for a login on its own blueprints only. An endpoint behind the console's
  # login: difykit overlay.new NAME --kind console-endpoint
  blueprints: ["controllers.@module@:bp"]
gateway:
  routes: [{path: /@name@, to: api}]  # and all below it; without it the gateway sends the path to web
"""

_ENDPOINT_PY = '''\
"""GET /@name@: open to everyone who reaches Dify."""

from flask import Blueprint, jsonify

bp = Blueprint("@module@", __name__)  # the name has to differ from those of Dify's blueprints


@bp.get("/@name@")  # the path, or one below it, as in the routes of overlay.yaml
def @module@():
    return jsonify(message="Hello from @name@!")
'''

_CONSOLE = """\
api:
  # A module that joins Dify's console blueprint, so that its login and its CSRF check work. The gateway sends
  # /console/api to api already.
  console: ["controllers.@module@"]
"""

_CONSOLE_PY = '''\
"""GET /console/api/@name@: for whoever is logged in to the console."""

from controllers import console
from controllers.console.wraps import account_initialization_required, setup_required
from libs.login import current_user, login_required

try:
    from flask_restx import Resource
except ImportError:  # Dify up to 1.7.2
    from flask_restful import Resource


class @class@(Resource):
    @setup_required
    @login_required  # without a login: 401; from Dify 1.9.2 on it wants the header X-CSRF-Token, too
    @account_initialization_required
    def get(self):
        return {"message": f"Hello from @name@, {current_user.name}!"}


if hasattr(console, "console_ns"):
    console.console_ns.add_resource(@class@, "/@name@")
else:  # Dify up to 1.8.1
    console.api.add_resource(@class@, "/@name@")
'''

_TABLE = """\
api:
  blueprints: ["@module@.endpoint:bp"]  # open to everyone, as any blueprint of one's own
  # Tables of its own: the migrations in this folder below tree/api run once, before api starts, and the database's
  # table difykit_@table@ says how far they have come. Another one: difykit overlay.migration @name@ --message "…"
  migrations: {folder: @module@/migrations}
gateway:
  routes: [{path: /@name@, to: api}]
"""

_TABLE_MODELS = '''\
"""The tables of this overlay as the endpoint uses them; what makes and changes them are the migrations."""

from datetime import datetime

from sqlalchemy import DateTime, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Not Dify's `db.Model`: these tables are not Dify's, and no name here can meet one of Dify's."""


class Visit(Base):
    __tablename__ = "@module@_visits"  # a name that no release of Dify has

    id: Mapped[int] = mapped_column(primary_key=True)
    visited_at: Mapped[datetime] = mapped_column(DateTime, server_default=func.current_timestamp())
'''

_TABLE_PY = '''\
"""GET /@name@: counts its visits, in a table of its own."""

from extensions.ext_database import db
from flask import Blueprint, jsonify
from sqlalchemy import func, select

from @module@.models import Visit

bp = Blueprint("@module@", __name__)


@bp.get("/@name@")
def @module@():
    db.session.add(Visit())
    db.session.commit()
    return jsonify(visits=db.session.scalar(select(func.count()).select_from(Visit)))
'''

_TABLE_MIGRATION = '''\
"""The first table.

Revision ID: @revision@
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "@revision@"
down_revision = None
branch_labels = None
# Dify's own migrations have all run before this one. A migration of Dify's that is named here must be there in every
# release that this overlay is synced with.
depends_on = None


def upgrade() -> None:
    op.create_table(
        "@module@_visits",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("visited_at", sa.DateTime(), server_default=sa.func.current_timestamp(), nullable=False),
    )
'''

_PAGE = """\
# Each file below tree/ is laid over Dify's source: tree/web/app/@name@/page.tsx is the page /@name@.
# A text or a value in a file of Dify is changed by an edit, which must match as often as it says:
# edits:
#   - i18n: {locale: en-US, key: login.signBtn, value: Sign in to our Dify}
"""

_PAGE_TSX = """\
// The page /@name@: Dify's outermost layout, no login. In tree/web/app/(commonLayout)/@name@/ it would have the
// console's layout and its login. Without 'use client' it is rendered on the server.
const Page = () => {
  return (
    <main style={{ display: 'grid', minHeight: '100vh', placeContent: 'center', textAlign: 'center' }}>
      <h1 style={{ fontSize: '32px', fontWeight: 600 }}>Hello from @name@!</h1>
      <p style={{ color: '#676f83' }}>This page comes from the overlay @name@.</p>
    </main>
  )
}

export default Page
"""

_ENV = """\
env:
  LOG_LEVEL: DEBUG  # instead of Dify's own value; `env:` in difykit.yaml and your .env win over it
# A secret is generated once, into your .env, and given to the services that it names and to no other:
# secrets:
#   MY_TOKEN: {generate: 32, to: [api, worker]}
"""

_COMPOSE = """\
compose:
  files: [compose.yaml]  # joined with Dify's own Compose file by Compose itself
  # remove: [weaviate]  # services to leave out, as for a database that runs elsewhere
"""

_COMPOSE_YAML = """\
# What stands here is merged into Dify's own Compose file: the name of a service of Dify changes that service, another
# name adds one. Everything that Compose knows works, `!override` and `!reset` too.
services:
  api:
    labels:
      difykit.overlay: "@name@"
    logging: &small  # at most 50 MB of logs instead of no limit
      driver: json-file
      options: {max-size: 10m, max-file: "5"}
  worker:
    logging: *small
  # mailpit:  # a service of your own; what it has to keep goes below the data folder
  #   image: axllent/mailpit:v1.21
  #   volumes: ["${DIFY_DATA:?}/mailpit:/data"]
"""


@dataclass(frozen=True)
class OverlayKind:
    """A kind of overlay: what it does, the manifest's own part, its files, and what to see when it is deployed."""

    description: str
    manifest: str
    files: Mapping[str, str]
    answer: str


KINDS: Mapping[str, OverlayKind] = {
    "endpoint": OverlayKind(
        "Adds GET /@name@",
        _ENDPOINT,
        {"tree/api/controllers/@module@.py": _ENDPOINT_PY},
        'GET /@name@ answers {"message":"Hello from @name@!"}',
    ),
    "console-endpoint": OverlayKind(
        "Adds GET /console/api/@name@, which needs a console login",
        _CONSOLE,
        {"tree/api/controllers/@module@.py": _CONSOLE_PY},
        "GET /console/api/@name@ answers 401, and a greeting once you are logged in",
    ),
    "table": OverlayKind(
        "Counts the visits of GET /@name@, in a table of its own",
        _TABLE,
        {
            "tree/api/@module@/__init__.py": "",
            "tree/api/@module@/endpoint.py": _TABLE_PY,
            "tree/api/@module@/models.py": _TABLE_MODELS,
            "tree/api/@module@/migrations/versions/0001-@revision@_first_table.py": _TABLE_MIGRATION,
        },
        'GET /@name@ answers {"visits":1}, then 2',
    ),
    "page": OverlayKind(
        "Adds the page /@name@",
        _PAGE,
        {"tree/web/app/@name@/page.tsx": _PAGE_TSX},
        "GET /@name@ shows the page",
    ),
    "env": OverlayKind(
        "Sets LOG_LEVEL to DEBUG",
        _ENV,
        {},
        "the log of api has lines of the level DEBUG (invoke logs --service api)",
    ),
    "compose": OverlayKind(
        "Keeps the logs of api and worker small",
        _COMPOSE,
        {"compose.yaml": _COMPOSE_YAML},
        "the containers of api and worker keep at most 50 MB of logs",
    ),
}


def overlay_files(name: str, kind: OverlayKind) -> dict[str, str]:
    """The files of a new overlay by their path in its folder."""
    texts = {"overlay.yaml": _HEAD + kind.manifest, **kind.files}
    return {_filled(path, name, kind): _filled(text, name, kind) for path, text in texts.items()}


def answer(name: str, kind: OverlayKind) -> str:
    """What to see where, once the overlay is deployed."""
    return _filled(kind.answer, name, kind)


def _filled(text: str, name: str, kind: OverlayKind) -> str:
    words = {
        "description": kind.description,
        "module": "overlay_" + name.replace("-", "_"),
        "table": name.replace("-", "_"),
        "revision": hashlib.sha256(name.encode()).hexdigest()[:12],
        "class": "Overlay" + "".join(part.capitalize() for part in name.split("-")) + "Api",
        "name": name,
    }
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text
