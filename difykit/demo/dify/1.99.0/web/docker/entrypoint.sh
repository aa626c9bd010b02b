#!/bin/sh
set -e

# Docker puts the container's id into HOSTNAME; the server is to listen on every address.
export HOSTNAME="${WEB_BIND_ADDRESS:-0.0.0.0}"
export PORT="${PORT:-3000}"

exec node "${WEB_SERVER:-server.js}"
