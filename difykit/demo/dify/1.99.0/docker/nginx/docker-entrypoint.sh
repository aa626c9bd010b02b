#!/bin/bash
# Fills in the templates and becomes nginx. Only NGINX_* are replaced: $host and the like are nginx's own.
set -e

# The official image calls the user nginx, Debian's package calls it www-data.
NGINX_USER=$(id -un nginx 2>/dev/null || echo www-data)
export NGINX_USER

names=$(compgen -e | sed -n 's/^NGINX_.*/${&}/p')
for file in nginx.conf proxy.conf conf.d/default.conf; do
  envsubst "$names" <"/etc/nginx/$file.template" >"/etc/nginx/$file"
done

exec nginx -g 'daemon off;'
