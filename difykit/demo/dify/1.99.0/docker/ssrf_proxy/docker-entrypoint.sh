#!/bin/bash
# Fills in the template and becomes squid.
set -e

sed -e "s|\${HTTP_PORT}|${HTTP_PORT:-3128}|" -e "s|\${COREDUMP_DIR}|${COREDUMP_DIR:-/var/spool/squid}|" \
  /etc/squid/squid.conf.template >/etc/squid/squid.conf

exec squid -NYC
