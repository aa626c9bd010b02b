"""A Celery that knows the broker and nothing else, for `celery -A celery_healthcheck.celery inspect ping`."""

from celery import Celery

from configs import dify_config
from extensions.ext_celery import get_celery_broker_transport_options

celery = Celery(broker=dify_config.CELERY_BROKER_URL)
celery.conf.broker_transport_options = get_celery_broker_transport_options()
