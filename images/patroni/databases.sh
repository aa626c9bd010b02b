#!/bin/sh
# Patroni runs it once, on the first leader of a new cluster, with a connection string: Dify's database and the plugin
# daemon's. Their names come quoted by psql itself.
set -e
for name in "${DB_DATABASE:-dify}" "${DB_PLUGIN_DATABASE:-dify_plugin}"; do
    psql --no-psqlrc --set ON_ERROR_STOP=1 --set name="$name" --dbname "$1" <<'SQL'
SELECT format('CREATE DATABASE %I', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
SQL
done
