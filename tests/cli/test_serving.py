"""Who may be served: the rules before the first request."""

import json

import pytest
from typer.testing import CliRunner

from workbench.cli import app
from workbench.cli.server import authentication, origins, read_accounts


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
    arguments = authentication("0.0.0.0", accounts, ["ada"])
    assert arguments["basic_auth"] == str(accounts)
    assert len(arguments["cookie_secret"]) >= 32
    assert authentication("0.0.0.0", accounts, [])["cookie_secret"] != arguments["cookie_secret"]


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
