"""`env.check` on the files of HTTPS, made by openssl: whether they are there, and fit each other."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.other_programs import said

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl, which makes the certificate")


def certificate(folder: Path, name: str = "dify") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x"]
    command += ["-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.crt")]
    subprocess.run(command, check=True, capture_output=True)


def test_a_certificate_that_fits_its_key_is_right(tmp_path: Path) -> None:
    certificate(tmp_path / "nginx/ssl")
    assert said("NGINX_HTTPS_ENABLED=true", tmp_path) == []
    certificate(tmp_path / "nginx/ssl", "other")
    shutil.copy(tmp_path / "nginx/ssl/other.key", tmp_path / "nginx/ssl/dify.key")
    (finding,) = said("NGINX_HTTPS_ENABLED=true", tmp_path)
    assert "nginx would refuse" in finding
    assert "key values mismatch" in finding


def test_certbots_folder_is_looked_at_first(tmp_path: Path) -> None:
    env = "NGINX_HTTPS_ENABLED=true\nCERTBOT_DOMAIN=a.example.com"
    certificate(tmp_path / "certbot/conf/live/a.example.com")
    assert said(env, tmp_path) == []
    assert len(said("NGINX_HTTPS_ENABLED=true", tmp_path)) == 1
