#!/bin/sh
# The data folder is a bind mount that the engine made for root; PostgreSQL wants its own, closed to others.
set -e
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chown postgres "$(dirname "$PGDATA")" "$PGDATA"
    chmod 700 "$PGDATA"
    exec gosu postgres "$0" "$@"
fi
exec "$@"
