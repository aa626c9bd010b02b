"""Where nginx looks for the certificate of HTTPS: `docker/nginx/docker-entrypoint.sh`, the same from 1.0.0 to 1.16.1.

With CERTBOT_DOMAIN set it takes /etc/letsencrypt/live/<domain>, if both files are there, else /etc/ssl; the Compose
file mounts these from `volumes/certbot/conf/live` and `nginx/ssl`, which a release folder has in the data folder.
"""

from __future__ import annotations

NAMES = ("NGINX_SSL_CERT_FILENAME", "NGINX_SSL_CERT_KEY_FILENAME")
"""The settings that name the certificate and its key."""
DOMAIN = "CERTBOT_DOMAIN"
SEEDS = "nginx/ssl"
"""Below `docker`; what a patch or an overlay has there is copied into the data folder."""
FOLDER = "nginx/ssl"
CERTBOT = "certbot/conf/live"
"""Both below the folder of data."""
INSIDE = ("/etc/ssl", "/etc/letsencrypt")
