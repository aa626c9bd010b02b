"""Secrets that a release ships for everyone: which there are, who reads them, what the data folder began with."""

from difykit.release.secrets.files import ReleaseFiles, config_words, release_files
from difykit.release.secrets.judgement import SecretUse, Verdict, judge
from difykit.release.secrets.lost import LiveSecrets, SecretLayers, lost_settings, read_live, recover
from difykit.release.secrets.names import holds_secret, is_secret_key
from difykit.release.secrets.shipped import ShippedSecret, shipped_secrets
from difykit.release.secrets.urls import encoded_urls, raw_in_login, used_template, with_urls

__all__ = [
    "LiveSecrets",
    "ReleaseFiles",
    "SecretLayers",
    "SecretUse",
    "ShippedSecret",
    "Verdict",
    "config_words",
    "encoded_urls",
    "holds_secret",
    "is_secret_key",
    "judge",
    "lost_settings",
    "raw_in_login",
    "read_live",
    "recover",
    "release_files",
    "shipped_secrets",
    "used_template",
    "with_urls",
]
