#!/bin/sh
# Starts a node of Redis in the role that the sentinels give it: a master that was away must not come back as a second one.
# ANNOUNCE: its own name for the others. FIRST: the master of a new cluster. SENTINELS: host:port, separated by spaces.
set -eu
umask 077
conf=/data/redis.conf

# Who is master, by the first sentinel that answers; the password goes by REDISCLI_AUTH, never as an argument.
asked() {
    for sentinel in $SENTINELS; do
        found=$(timeout 2 redis-cli -h "${sentinel%:*}" -p "${sentinel##*:}" --raw SENTINEL GET-MASTER-ADDR-BY-NAME dify 2>/dev/null | head -n 1) || continue
        case $found in '' | *' '*) ;; *) echo "$found"; return ;; esac
    done
    return 1
}

export REDISCLI_AUTH=$REDIS_PASSWORD
master=
if [ -s "$conf" ]; then
    # After a start of all at once the sentinels may need a moment; then the role is the one that this node ended with.
    for _ in 1 2 3 4 5; do master=$(asked) && break; sleep 1; done
    [ -n "$master" ] || master=$(sed -n 's/^replicaof "\{0,1\}\([^" ]*\).*/\1/p' "$conf")
else
    master=$(asked) || master=$FIRST
fi

quoted=$(printf '%s' "$REDIS_PASSWORD" | sed 's/[\\"]/\\&/g')
cat >"$conf.new" <<CONF
dir /data
port 6379
protected-mode no
requirepass "$quoted"
masterauth "$quoted"
replica-announce-ip $ANNOUNCE
replica-announce-port 6379
appendonly yes
appendfsync everysec
# A master that reaches no replica for that many seconds takes no writes: what it took would be lost in a failover.
min-replicas-to-write 1
min-replicas-max-lag 5
repl-timeout 20
maxmemory-policy noeviction
CONF
[ -z "$master" ] || [ "$master" = "$ANNOUNCE" ] || echo "replicaof $master 6379" >>"$conf.new"
mv "$conf.new" "$conf"
unset REDISCLI_AUTH
entry=$(command -v docker-entrypoint.sh || true) # the image's own gives up root
exec $entry redis-server "$conf"
