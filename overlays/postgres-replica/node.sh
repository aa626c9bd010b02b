#!/bin/sh
# One of two PostgreSQL servers. SELF: its name, PRIMARY: the name of the one that takes writes, PEER: the other's name.
# The role follows PRIMARY alone: whoever is named becomes primary, the other one copies it and follows. No data is ever
# deleted: what a former primary had is moved aside before it copies the new one.
set -eu
passfile=/tmp/replication.pass
printf '*:*:*:replicator:%s\n' "$(printf '%s' "$REPLICATION_PASSWORD" | sed 's/[\\:]/\\&/g')" >"$passfile"
chmod 600 "$passfile"
chown postgres "$passfile"
slot=$(echo "$SELF" | tr - _)
common="-c wal_level=replica -c hot_standby=on -c max_wal_senders=10 -c max_replication_slots=10 -c wal_log_hints=on
  -c wal_keep_size=512MB -c max_slot_wal_keep_size=${MAX_SLOT_WAL:-8GB} -c wal_sender_timeout=10s"

ask() { psql --no-psqlrc --quiet --tuples-only --no-align --username "$POSTGRES_USER" --dbname postgres "$@"; }

# What a primary needs for its standby; done at each start, since the data may be older than this.
prepare() {
    until ask --command 'SELECT 1' >/dev/null 2>&1; do sleep 1; done
    [ ! -e "$PGDATA/standby.signal" ] || ask --command 'SELECT pg_promote()' >/dev/null
    until [ "$(ask --command 'SELECT pg_is_in_recovery()' 2>/dev/null)" = f ]; do sleep 1; done
    # The password comes in by standard input: never in an argument list, and quoted by psql.
    { printf "\\set secret '%s'\n" "$(printf '%s' "$REPLICATION_PASSWORD" | sed "s/'/''/g; s/\\\\/\\\\\\\\/g")"
      cat <<'SQL'
SELECT 'CREATE ROLE replicator LOGIN REPLICATION' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'replicator') \gexec
ALTER ROLE replicator LOGIN REPLICATION PASSWORD :'secret';
SQL
      printf "SELECT pg_create_physical_replication_slot('%s', true) WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '%s');\n" \
          "$(echo "$PEER" | tr - _)" "$(echo "$PEER" | tr - _)"
    } | ask --set ON_ERROR_STOP=1 >/dev/null
    hba=$PGDATA/pg_hba.conf
    grep -q '^host replication replicator ' "$hba" || echo 'host replication replicator all scram-sha-256' >>"$hba"
    ask --command 'SELECT pg_reload_conf()' >/dev/null
    echo "$SELF is primary"
}

# A copy of the primary, made beside and moved in place when it is whole.
copy() {
    rm -rf "$PGDATA.new"
    until pg_basebackup --pgdata "$PGDATA.new" --wal-method stream --checkpoint fast --slot "$slot" \
        --dbname "host=$PRIMARY user=replicator passfile=$passfile connect_timeout=5"; do
        echo "$SELF waits for $PRIMARY"
        rm -rf "$PGDATA.new"
        sleep 3
    done
    touch "$PGDATA.new/standby.signal"
    if [ -e "$PGDATA" ]; then
        mv "$PGDATA" "$PGDATA.before-$(date +%Y%m%d-%H%M%S)"
    fi
    mv "$PGDATA.new" "$PGDATA"
    chown -R postgres "$PGDATA"
    chmod 700 "$PGDATA"
}

if [ "$SELF" = "$PRIMARY" ]; then
    prepare &
    exec docker-entrypoint.sh postgres $common
fi
# A standby's data has standby.signal; other data is that of a former primary, or there is none.
[ -s "$PGDATA/PG_VERSION" ] && [ -e "$PGDATA/standby.signal" ] || copy
exec docker-entrypoint.sh postgres $common -c "primary_slot_name=$slot" \
    -c "primary_conninfo=host=$PRIMARY user=replicator passfile=$passfile application_name=$SELF connect_timeout=5"
