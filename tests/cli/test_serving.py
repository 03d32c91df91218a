"""Who may be served: the rules before the first request."""

import http.cookiejar
import json
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import uuid

import pytest
from typer.testing import CliRunner

from workbench.cli import app
from workbench.cli.login import Attempts
from workbench.cli.server import _signing_in, authentication, origins, read_accounts


@pytest.fixture
def accounts(tmp_path):
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps({"ada": "one long password", "ben": "another password"}))
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.1.1", "::1"])
def test_localhost_needs_no_accounts(host):
    assert authentication(host, None, []) == {}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "lab.example.org", "::"])
def test_serving_to_others_requires_accounts(host):
    with pytest.raises(PermissionError, match="requires --auth"):
        authentication(host, None, [])


def test_accounts_switch_authentication_on(accounts):
    assert authentication("0.0.0.0", accounts, ["ada"]) == json.loads(accounts.read_text())


def test_owners_must_have_an_account(accounts):
    with pytest.raises(ValueError, match=r"eve: no such account.*ada, ben"):
        authentication("0.0.0.0", accounts, ["eve"])
    with pytest.raises(ValueError, match="--owner needs --auth"):
        authentication("localhost", None, ["ada"])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ada": ""}', '{"ada": 3}', "{'ada': 'x'}"])
def test_malformed_accounts_are_refused(accounts, text):
    accounts.write_text(text)
    with pytest.raises(ValueError, match="needed"):
        read_accounts(accounts)


def test_accounts_that_others_can_read_are_refused(accounts):
    accounts.chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        read_accounts(accounts)


def test_missing_accounts_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such accounts file"):
        read_accounts(tmp_path / "none.json")


def test_browsers_of_other_origins_are_not_accepted():
    assert origins("localhost", 5006, []) == ["127.0.0.1:5006", "localhost:5006"]
    assert origins("10.0.0.3", 80, ["lab.example.org:443"]) == ["10.0.0.3:80", "lab.example.org:443"]


def test_the_command_says_one_sentence_without_traceback():
    result = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0"])
    assert result.exit_code == 2
    assert "requires --auth" in result.output
    assert "Traceback" not in result.output


def test_login_pages_load_nothing_from_elsewhere():
    from pathlib import Path

    import workbench.cli.server as server

    for page in ("login.html", "logout.html"):
        text = (Path(server.__file__).parent / page).read_text()
        assert "http" not in text.replace("http-equiv", "")


def test_an_address_that_fails_waits_longer_each_time():
    now = [0.0]
    attempts = Attempts(clock=lambda: now[0])
    waits = []
    for _ in range(15):
        attempts.failed("10.0.0.7")
        waits.append(attempts.wait("10.0.0.7"))
    assert waits[:8] == [0, 0, 0, 0, 0, 5, 10, 20]
    assert waits[-1] == 900
    assert attempts.wait("10.0.0.8") == 0
    now[0] = 899
    assert attempts.wait("10.0.0.7") == 1
    now[0] = 900
    assert attempts.wait("10.0.0.7") == 0
    attempts.succeeded("10.0.0.7")
    attempts.failed("10.0.0.7")
    assert attempts.wait("10.0.0.7") == 0


@pytest.fixture
def signed_url(accounts):
    """A page behind accounts, served for real."""
    import panel as pn

    name = uuid.uuid4().hex
    arguments = _signing_in(json.loads(accounts.read_text()))
    options = {"port": 0, "threaded": True, "show": False, "verbose": False, "server_id": name, **arguments}
    thread = pn.serve({"page": lambda: pn.pane.Str("the page itself")}, **options)
    while not (name in pn.state._servers and pn.state._servers[name][0].port):
        time.sleep(0.02)
    yield f"http://localhost:{pn.state._servers[name][0].port}"
    thread.stop()


def answer(url, jar, **form):
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with opener.open(url, urllib.parse.urlencode(form).encode() if form else None) as response:
        return response.url, response.read().decode()


def test_only_accounts_see_the_page_and_guessing_gets_slow(signed_url):
    jar = http.cookiejar.CookieJar()
    url, text = answer(f"{signed_url}/page", jar)
    assert "/login" in url
    assert "Sign in" in text
    for form in ({"username": "ada", "password": "wrong"}, {"username": "eve", "password": ""}) * 3:
        _, text = answer(f"{signed_url}/login", jar, **form)
        assert "Invalid username or password" in text
    right = {"username": "ada", "password": "one long password"}
    _, text = answer(f"{signed_url}/login", jar, **right)
    assert "Too many failures from this address: try again in" in text
    assert not [cookie for cookie in jar if cookie.name == "user"]


def test_the_right_password_opens_the_page(signed_url):
    jar = http.cookiejar.CookieJar()
    answer(f"{signed_url}/login", jar, username="ada", password="one long password")
    url, _ = answer(f"{signed_url}/page", jar)
    assert url == f"{signed_url}/page"


def test_a_taken_port_is_said_and_no_page_promised():
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        command = [sys.executable, "-m", "workbench.cli", "serve", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("Cannot listen on localhost")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
