#!/bin/sh
# Starts a sentinel. It writes what it learns into its configuration, which therefore lives in the data folder.
# ANNOUNCE: its own name for the others. FIRST: the master of a new cluster.
set -eu
umask 077
conf=/data/sentinel.conf
quoted=$(printf '%s' "$REDIS_PASSWORD" | sed 's/[\\"]/\\&/g')
if [ ! -s "$conf" ]; then
    # Two of three that vote at once may elect nobody; they try again after twice the failover-timeout.
    cat >"$conf.new" <<CONF
dir /data
port 26379
protected-mode no
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel announce-ip $ANNOUNCE
sentinel announce-port 26379
sentinel monitor dify $FIRST 6379 2
sentinel down-after-milliseconds dify 5000
sentinel failover-timeout dify 6000
sentinel parallel-syncs dify 1
CONF
else
    grep -Ev '^(requirepass|sentinel auth-pass|sentinel sentinel-pass) ' "$conf" >"$conf.new"
fi
# The passwords are those of now, also after they were changed.
cat >>"$conf.new" <<CONF
requirepass "$quoted"
sentinel sentinel-pass "$quoted"
sentinel auth-pass dify "$quoted"
CONF
mv "$conf.new" "$conf"
entry=$(command -v docker-entrypoint.sh || true) # the image's own gives up root
exec $entry redis-server "$conf" --sentinel
