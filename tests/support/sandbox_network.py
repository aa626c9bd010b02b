"""Places around a sandbox: a network that stands for the internet, servers on it and on this host, a look from inside.

203.0.113.0/24 is for documentation, and no private range: to a proxy it is as public as any address.
"""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PYTHON = "python:3.12-slim-bookworm"

SERVER = """\
import http.server, socketserver, sys, threading
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        to = self.path.partition('?to=')[2]
        self.send_response(302 if to else 200)
        if to:
            self.send_header('Location', to)
        self.end_headers()
        self.wfile.write(b'the internet')
    def log_message(self, *_):
        pass
class Names(socketserver.BaseRequestHandler):
    # Every name is at 203.0.113.9.
    def handle(self):
        asked, link = self.request
        end = asked.index(b'\\0', 12) + 5
        found = b'\\0\\1' if asked[end - 4:end - 2] == b'\\0\\1' else b'\\0\\0'
        head = asked[:2] + b'\\x81\\x80\\0\\1' + found + b'\\0' * 4
        row = b'\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\1\\0\\4' + bytes([203, 0, 113, 9])
        link.sendto(head + asked[12:end] + (row if head[7] else b''), self.client_address)
names = socketserver.ThreadingUDPServer(('', 53), Names)
threading.Thread(target=names.serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer(('', 80), Answer).serve_forever()
"""

LOOK = """\
import json, socket, sys, urllib.error, urllib.request
from concurrent.futures import ThreadPoolExecutor
def reach(address, port):
    try:
        with socket.create_connection((address, port), 4):
            return 'open'
    except ConnectionRefusedError:
        return 'refused'
    except OSError:
        return ''
def route(address):
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as link:
            link.connect((address, 9))
    except OSError:
        return ''
    return 'a way'
def name(host):
    try:
        return socket.gethostbyname(host)
    except OSError:
        return ''
def get(proxy, url):
    handlers = urllib.request.ProxyHandler({'http': proxy, 'https': proxy})
    try:
        with urllib.request.build_opener(handlers).open(url, timeout=8) as said:
            return said.read().decode('utf-8', 'replace')[:100]
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.headers.get('X-Squid-Error', '').split(' ')[0]}".strip()
    except OSError as error:
        return type(error).__name__
def plain(host, port, named):
    try:
        with socket.create_connection((host, port), 8) as link:
            link.settimeout(8)
            link.sendall(f'GET / HTTP/1.0\\r\\nHost: {named}\\r\\n\\r\\n'.encode())
            return link.recv(20000).decode('utf-8', 'replace')
    except OSError as error:
        return type(error).__name__
def connect(proxy, target):
    host, _, port = proxy.removeprefix('http://').rpartition(':')
    try:
        with socket.create_connection((host, int(port)), 8) as link:
            link.settimeout(8)
            link.sendall(f'CONNECT {target} HTTP/1.1\\r\\nHost: {target}\\r\\n\\r\\n'.encode())
            return link.recv(400).split(b' ')[1].decode()
    except (OSError, IndexError):
        return 'tried'
with ThreadPoolExecutor(32) as pool:
    print(json.dumps(list(pool.map(lambda each: globals()[each[0]](*each[1:]), ASK))))
"""


def docker(*words: str, stdin: str | None = None) -> str:
    done = subprocess.run(["docker", *words], input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(words[:6])}: {done.stderr}"
    return done.stdout.strip()


def look(network: str, *asked: tuple[object, ...], options: tuple[str, ...] = ()) -> list[str]:
    """What a program on the network (`container:ID` for another's own) gets for each question."""
    text = f"ASK = {list(asked)!r}\n{LOOK}"
    argv = ["run", "--rm", "--interactive", "--network", network, *options, PYTHON, "python", "-"]
    found: list[str] = json.loads(docker(*argv, stdin=text))
    return found


@contextlib.contextmanager
def network(*options: str) -> Iterator[str]:
    name = f"difykit-test-{uuid.uuid4().hex[:10]}"
    docker("network", "create", *options, name)
    try:
        yield name
    finally:
        attached = docker("network", "inspect", "--format", "{{range $id, $_ := .Containers}}{{$id}} {{end}}", name)
        for each in attached.split():
            subprocess.run(["docker", "network", "disconnect", "--force", name, each], capture_output=True, check=False)
        docker("network", "rm", name)


@contextlib.contextmanager
def internet() -> Iterator[str]:
    """A network of eight public-looking addresses; other tests may have theirs beside it."""
    for part in random.sample(range(2, 32), 30):
        try:
            with network("--subnet", f"203.0.113.{part * 8}/29") as name:
                yield name
                return
        except AssertionError as error:
            if "overlap" not in str(error):
                raise
    raise AssertionError("203.0.113.0/24 is full")


@contextlib.contextmanager
def container(network: str, *words: str, options: tuple[str, ...] = ()) -> Iterator[str]:
    """A container on the network; its id."""
    made = docker("run", "--detach", "--network", network, *options, *words)
    try:
        yield made
    finally:
        docker("rm", "--force", "--volumes", made)


def server(network: str) -> contextlib.AbstractContextManager[str]:
    """A web server that redirects where it is told to, and a name server."""
    return container(network, PYTHON, "python", "-c", SERVER)


def address(made: str, network: str) -> str:
    return docker("inspect", "--format", f'{{{{(index .NetworkSettings.Networks "{network}").IPAddress}}}}', made)


@contextlib.contextmanager
def on_this_host() -> Iterator[int]:
    """A server that listens on every address of this host; its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"this host")

        def log_message(self, *_: object) -> None:
            pass

    made = ThreadingHTTPServer(("0.0.0.0", 0), Answer)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    try:
        yield int(made.server_address[1])
    finally:
        made.shutdown()
        made.server_close()
