#!/bin/bash
# MODE says what this container is: api (default), worker, beat or migration.
set -e

if [ "${MIGRATION_ENABLED:-}" = "true" ]; then
  flask upgrade-db
fi

case "${MODE:-api}" in
  migration)
    exit 0
    ;;
  worker)
    exec celery -A app.celery worker \
      --pool "${CELERY_WORKER_CLASS:-threads}" --concurrency "${CELERY_WORKER_AMOUNT:-1}" \
      --queues "${CELERY_QUEUES:-dataset,mail}" --loglevel "${LOG_LEVEL:-INFO}" \
      --without-gossip --without-mingle --without-heartbeat
    ;;
  beat)
    exec celery -A app.celery beat --loglevel "${LOG_LEVEL:-INFO}" --schedule "${TMPDIR:-/tmp}/celerybeat-schedule"
    ;;
  *)
    exec gunicorn app:app \
      --bind "${DIFY_BIND_ADDRESS:-0.0.0.0}:${DIFY_PORT:-5001}" \
      --workers "${SERVER_WORKER_AMOUNT:-1}" \
      --worker-class "${SERVER_WORKER_CLASS:-gthread}" --threads "${SERVER_WORKER_CONNECTIONS:-10}" \
      --timeout "${GUNICORN_TIMEOUT:-360}"
    ;;
esac
