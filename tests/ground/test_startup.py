"""Settings: what is right is read, and what is wrong stops the start and names the file or variable, and the key."""

from __future__ import annotations

import dataclasses
import shutil
import tomllib
from collections.abc import Callable
from datetime import time
from ipaddress import ip_network
from pathlib import Path

import pytest

from piket.alerts.rules import ALL_KINDS
from piket.errors import Misconfigured
from piket.occupancy.service import check_first_thresholds
from piket.settings import KINDS, ServiceFile, Settings, Smtp
from piket.startup import VARIABLES, read_networks, read_settings, read_smtp
from piket.web_address import check_listening, is_loopback, source_of
from tests.conftest import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of config/ that a test may spoil."""
    return Path(shutil.copytree(ROOT / "config", tmp_path / "config"))


@pytest.fixture
def start(folder: Path) -> Callable[..., Settings]:
    def read(**environment: str) -> Settings:
        return read_settings({"PIKET_CONFIG": str(folder), **environment})

    return read


def spoil(path: Path, old: str, new: str) -> None:
    """Change one place of a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def complaint(start: Callable[..., Settings], **environment: str) -> str:
    with pytest.raises(Misconfigured) as error:
        start(**environment)
    return str(error.value)


def test_the_projects_own_settings_are_read(start: Callable[..., Settings]) -> None:
    settings = start()
    assert settings.database_url == "sqlite:///piket.db"
    assert settings.policy.night_from == time(18)
    assert settings.policy.respond_minutes_by_night == 20
    assert len([one for one in settings.organisations if one.kind == "province"]) == 12
    assert len([one for one in settings.organisations if one.kind == "commissioner"]) == 12
    assert settings.rotas[0].exemption[0].organisation == "nl-gr"
    assert settings.centres[0].definition[0].levels[2].clear_below == 1951
    assert settings.audiences.level_raised["watch"] == ("coa", "duty")
    assert settings.audiences.fallback == ("coa", "ministry")
    assert len(settings.municipalities) == 342
    assert settings.municipalities["gm1950"].province == "nl-gr"
    assert settings.municipalities["gm1950"].safety_region == "vr01"


def test_what_the_file_leaves_out_has_its_default(start: Callable[..., Settings], folder: Path) -> None:
    before = start()
    (folder / "piket.toml").write_text("", encoding="utf-8")
    assert start() == before


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("piket.toml", "[engine]", "[engine]\nintervall_seconds = 1", "engine.intervall_seconds"),
        ("piket.toml", "[engine]", "[engines]", "engines"),
        ("piket.toml", "interval_seconds = 1.0", 'interval_seconds = "soon"', "engine.interval_seconds"),
        ("piket.toml", "senders = 32", "senders = 3.5", "engine.senders"),
        ("piket.toml", "senders = 32", "senders = true", "engine.senders"),
        ("piket.toml", "senders = 32", "senders = -1", "engine.senders"),
        ("piket.toml", "interval_seconds = 1.0", "interval_seconds = 0.0", "engine.interval_seconds"),
        ("piket.toml", "interval_seconds = 1.0", "interval_seconds = nan", "engine.interval_seconds"),
        ("piket.toml", "horizon_days = 366", "horizon_days = 0", "engine.horizon_days"),
        ("piket.toml", 'source = "urn:', 'source = "http:', "service.source"),
        ("audiences.toml", "levelLowered = ", "levelLowerd = ", "told.levelLowerd"),
        ("audiences.toml", 'kinds = ["callUp", ', 'kinds = ["callup", ', "'callup'"),
        ("centres.toml", "hold_above = 300", "hold_above = -1", "centre.0.hold_above"),
        (
            "centres.toml",
            "stale_after_minutes = 1560",
            "stale_after_minutes = -5",
            "centre.0.definition.0.stale_after_minutes",
        ),
        ("rotas.toml", "slots = 1", "slots = 0", "rota.0.slots"),
        ("rotas.toml", "turn_length = 2", "turn_length = 0", "rota.0.turn_length"),
        ("organisations.toml", 'code = "vng"', 'code = "coa"', "organisation coa"),
        ("piket.toml", 'night_from = "18:00"', 'night_from = "six"', "policy.night_from"),
        ("piket.toml", "remind_after_minutes = 15", "remind_after_minutes = []", "policy.remind_after_minutes"),
        ("piket.toml", "[delivery]", "delivery = 1\n[other]", "delivery"),
        ("centres.toml", "norm = 2000", "norm = 2000.5", "centre.0.norm"),
        ("centres.toml", 'level = "watch"', 'level = "alarm"', "centre.0.definition.0.levels.0.level"),
        ("centres.toml", 'definition = "present"', 'definition = "absent"', "centre.0.definition.1.definition"),
        ("centres.toml", 'name = "Ter Apel"', "", "centre.0.name"),
        ("centres.toml", "norm_on = 2024-01-23", 'norm_on = "in January"', "centre.0.norm_on"),
        ("centres.toml", "norm_on = 2024-01-23", "norm_on = 2024-01-23T10:00:00", "centre.0.norm_on"),
        ("centres.toml", 'municipality = "gm1950"', 'municipality = "gm9999"', "centre ter-apel.municipality"),
        ("centres.toml", "[[centre]]", "[[center]]\n[[centre]]", "center"),
        ("rotas.toml", '"nl-dr"', '"nl-xx"', "'nl-xx' is not in organisations.toml"),
        ("rotas.toml", 'organisation = "nl-gr"', 'organisation = "nl-yy"', "'nl-yy' is not in organisations.toml"),
        ("rotas.toml", 'turn_unit = "weeks"', 'turn_unit = "fortnights"', "rota.0.turn_unit"),
        ("rotas.toml", '"wednesday"', '"woensdag"', "rota.0.hand_over_weekday"),
        ("rotas.toml", "slots = 1", 'slots = "one"', "rota.0.slots"),
        ("organisations.toml", 'kind = "vng"', 'kind = "association"', "organisation.1.kind"),
        ("organisations.toml", 'name = "VNG"', 'name = "VNG"\nphone = "070"', "organisation.1.phone"),
        ("audiences.toml", 'watch = ["coa", "duty"]', 'watch = ["coa", "everybody"]', "levelRaised.watch"),
        ("audiences.toml", 'watch = ["coa", "duty"]', "", "levelRaised.watch"),
        ("audiences.toml", 'watch = ["coa", "duty"]', 'watch = "coa"', "levelRaised.watch"),
        ("audiences.toml", "[told]", "[tolled]", "tolled"),
        ("audiences.toml", 'callUp = ["called"]', 'callUp = ["the called"]', "told.callUp"),
    ],
)
def test_a_bad_key_or_value_stops_the_start_and_is_named(
    start: Callable[..., Settings], folder: Path, file: str, old: str, new: str, named: str
) -> None:
    spoil(folder / file, old, new)
    said = complaint(start)
    assert str(folder / file) in said
    assert named in said


def test_every_fault_of_a_file_is_named_at_once(start: Callable[..., Settings], folder: Path) -> None:
    spoil(folder / "piket.toml", "senders = 32", 'senders = "many"')
    spoil(folder / "piket.toml", "hold_minutes = 15", "hold_minute = 15")
    said = complaint(start)
    assert "engine.senders" in said
    assert "policy.hold_minute" in said


@pytest.mark.parametrize(
    "file", ["piket.toml", "organisations.toml", "centres.toml", "rotas.toml", "audiences.toml", "municipalities.csv"]
)
def test_a_missing_file_stops_the_start_and_is_named(start: Callable[..., Settings], folder: Path, file: str) -> None:
    (folder / file).unlink()
    assert str(folder / file) in complaint(start)


@pytest.mark.parametrize("text", ["[engine", "engine = ", "\udcff"])
def test_a_file_that_is_not_toml_stops_the_start_and_is_named(
    start: Callable[..., Settings], folder: Path, text: str
) -> None:
    (folder / "piket.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert f"{folder / 'piket.toml'} is not TOML" in complaint(start)


def test_a_list_of_municipalities_without_its_columns_is_refused(start: Callable[..., Settings], folder: Path) -> None:
    (folder / "municipalities.csv").write_text("name\nWesterwolde\n", encoding="utf-8")
    assert str(folder / "municipalities.csv") in complaint(start)


@pytest.mark.parametrize("name", ["PIKET_SMPT_URL", "PIKET_", "PIKET_BASE_URL_FILE", "PIKET_MAIL_FROM_FILE"])
def test_an_unknown_variable_stops_the_start_and_is_named(start: Callable[..., Settings], name: str) -> None:
    said = complaint(start, **{name: "x"})
    assert name in said
    assert "PIKET_SMTP_URL" in said


def test_variables_of_others_and_empty_ones_are_left_alone(start: Callable[..., Settings]) -> None:
    assert start(HOME="/root", PIKETS="1", PIKET_SMTP_URL="").smtp is None


def test_a_folder_that_is_not_there_is_named(start: Callable[..., Settings], tmp_path: Path) -> None:
    assert f"PIKET_CONFIG: there is no folder {tmp_path}/none" in complaint(start, PIKET_CONFIG=f"{tmp_path}/none")


def test_the_projects_folder_is_found_when_started_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings({}).config_folder == ROOT / "config"
    (tmp_path / "config").mkdir()
    with pytest.raises(Misconfigured, match=r"config/piket\.toml is missing"):
        read_settings({})


@pytest.mark.parametrize(
    ("variable", "secret", "read"),
    [
        ("PIKET_DATABASE_URL", "postgresql+psycopg://piket:geheim@db/piket", lambda s: s.database_url),
        ("PIKET_SECRET_KEY", "geheim geheim geheim", lambda s: s.secret_key.decode()),
        ("PIKET_SMTP_URL", "smtp://mail.example:2525", lambda s: f"smtp://{s.smtp.host}:{s.smtp.port}"),
    ],
)
def test_a_secret_comes_from_its_file(
    start: Callable[..., Settings], tmp_path: Path, variable: str, secret: str, read: Callable[[Settings], str]
) -> None:
    path = tmp_path / "secret"
    path.write_text(secret + "\n", encoding="utf-8")
    assert read(start(**{variable + "_FILE": str(path)})) == secret
    assert read(start(**{variable: secret})) == secret
    assert read(start(**{variable: "sqlite:///other.db", variable + "_FILE": str(path)})) == secret


def test_a_secret_file_that_cannot_be_read_is_named(start: Callable[..., Settings], tmp_path: Path) -> None:
    said = complaint(start, PIKET_SECRET_KEY_FILE=f"{tmp_path}/none")
    assert "PIKET_SECRET_KEY_FILE" in said
    assert f"{tmp_path}/none" in said


def test_no_secret_shows_when_settings_are_printed(start: Callable[..., Settings]) -> None:
    settings = start(
        PIKET_DATABASE_URL="postgresql+psycopg://piket:geheim@db/piket",
        PIKET_SECRET_KEY="geheim",
        PIKET_SMTP_URL="smtp://piket:geheim@mail.example",
    )
    assert "geheim" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "smtp"),
    [
        ("smtp://mail.example", Smtp("mail.example", 25)),
        ("smtps://mail.example", Smtp("mail.example", 465, tls=True)),
        ("smtp://mail.example:2525/", Smtp("mail.example", 2525)),
        ("smtp://u%40x:p%3Aw@mail.example:587", Smtp("mail.example", 587, "u@x", "p:w")),
        ("smtp://[::1]:1025", Smtp("::1", 1025)),
    ],
)
def test_a_mail_server_is_read_from_its_address(url: str, smtp: Smtp) -> None:
    assert read_smtp(url) == smtp


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example/box",
        "smtp://u:geheim@:25",
    ],
)
def test_a_bad_mail_server_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(Misconfigured, match="PIKET_SMTP_URL") as error:
        read_smtp(url)
    assert "geheim" not in str(error.value)


def test_networks_are_read_with_spaces_and_of_both_kinds() -> None:
    assert read_networks({"X": "10.0.0.0/8, ::1/128,"}, "X") == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert read_networks({}, "X") == ()


@pytest.mark.parametrize("text", ["10.0.0.1/8", "all", "10.0.0.0/8;127.0.0.0/8", "10.0.0.0/33"])
@pytest.mark.parametrize("name", ["WEBHOOK_ALLOWED_NETWORKS", "TRUSTED_PROXIES"])
def test_a_bad_network_is_named(text: str, name: str) -> None:
    with pytest.raises(Misconfigured, match=f"PIKET_{name}") as error:
        read_networks({name: text}, name)
    assert text in str(error.value)


@pytest.mark.parametrize("url", ["piket.example.nl", "ftp://piket.example.nl", "https://", "//x"])
def test_an_address_of_the_service_that_is_none_is_refused(start: Callable[..., Settings], url: str) -> None:
    assert "PIKET_BASE_URL" in complaint(start, PIKET_BASE_URL=url)


@pytest.mark.parametrize("url", ["http://piket.example.nl", "http://10.1.2.3:8000", "http://0.0.0.0", "HTTP://piket"])
def test_http_beyond_this_machine_is_refused_naming_the_variable(start: Callable[..., Settings], url: str) -> None:
    said = complaint(start, PIKET_BASE_URL=url)
    assert "PIKET_BASE_URL" in said
    assert "https://" in said


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://[::1]:8000", "http://localhost", "https://piket.example.nl"]
)
def test_https_anywhere_and_http_on_this_machine_are_taken(start: Callable[..., Settings], url: str) -> None:
    assert start(PIKET_BASE_URL=url).base_url == url


@pytest.mark.parametrize(
    ("host", "base_url", "refused"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", False),
        ("::1", "http://[::1]:8000", False),
        ("0.0.0.0", "http://127.0.0.1:8000", True),
        ("::", "http://[::1]:8000", True),
        ("10.1.2.3", "http://10.1.2.3:8000", True),
        ("0.0.0.0", "https://piket.example.nl", False),
    ],
)
def test_listening_to_other_machines_needs_tls_in_front(host: str, base_url: str, refused: bool) -> None:
    if not refused:
        check_listening(host, base_url)
        return
    with pytest.raises(Misconfigured, match="PIKET_BASE_URL"):
        check_listening(host, base_url)


PROXIES = (ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1, 10.2.3.4", "198.51.100.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "10.1.1.1", "10.1.1.1"),
        ("127.0.0.1", " ,,", "127.0.0.1"),
        ("127.0.0.1", "not an address", "not an address"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "", "192.0.2.7"),
        ("", "", ""),
    ],
)
def test_a_request_comes_from_its_peer_or_from_where_a_trusted_proxy_says(
    peer: str, forwarded: str, source: str
) -> None:
    assert source_of(peer, forwarded, PROXIES) == source


def test_without_a_trusted_proxy_nobody_is_believed() -> None:
    assert source_of("127.0.0.1", "198.51.100.1", ()) == "127.0.0.1"


def test_a_trailing_stroke_of_the_address_is_dropped(start: Callable[..., Settings]) -> None:
    assert start(PIKET_BASE_URL="https://piket.example.nl/").base_url == "https://piket.example.nl"


def test_the_test_clock_is_refused_when_the_address_is_not_loopback(
    start: Callable[..., Settings], tmp_path: Path
) -> None:
    said = complaint(start, PIKET_TEST_CLOCK=f"{tmp_path}/clock", PIKET_BASE_URL="https://piket.example.nl")
    assert "PIKET_TEST_CLOCK" in said
    assert "PIKET_BASE_URL" in said
    for address in ("http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"):
        assert start(PIKET_TEST_CLOCK=f"{tmp_path}/clock", PIKET_BASE_URL=address).test_clock == tmp_path / "clock"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("localhost.example.nl", False),
    ],
)
def test_loopback_is_this_machine_and_nothing_else(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_a_sender_that_is_no_mail_address_is_refused(start: Callable[..., Settings]) -> None:
    assert "PIKET_MAIL_FROM" in complaint(start, PIKET_MAIL_FROM="no address")


def test_the_kinds_of_the_settings_are_those_of_the_alerts() -> None:
    assert frozenset(ALL_KINDS) == KINDS


def test_first_thresholds_that_do_not_rise_are_refused_with_file_and_key(
    start: Callable[..., Settings], folder: Path
) -> None:
    spoil(folder / "centres.toml", "at = 1900", "at = 1700")
    with pytest.raises(Misconfigured, match=r"centres\.toml.*ter-apel definitions\.0"):
        check_first_thresholds(start())


def test_every_variable_and_key_stands_in_the_operations_and_the_file_holds_every_default() -> None:
    """Whoever runs it finds each number in one table, and in the file that comes with it."""
    paper = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for name in VARIABLES - {"TESTS"}:
        assert f"`PIKET_{name}`" in paper, name
    written = tomllib.loads((ROOT / "config" / "piket.toml").read_text(encoding="utf-8"))
    for table in dataclasses.fields(ServiceFile):
        given = table.default_factory()  # type: ignore[misc]
        for key in dataclasses.fields(given):
            assert f"`{table.name}.{key.name}`" in paper or f"`{key.name}`" in paper, f"{table.name}.{key.name}"
            assert key.name in written[table.name] or getattr(given, key.name) is None, f"{table.name}.{key.name}"


@pytest.mark.parametrize("url", ["watch.example", "ftp://watch.example", "https://", "https://watch.example:x/geheim"])
def test_a_heartbeat_address_that_is_none_stops_the_start_without_being_repeated(
    start: Callable[..., Settings], folder: Path, url: str
) -> None:
    said = complaint(start, PIKET_HEARTBEAT_URL=url)
    assert "PIKET_HEARTBEAT_URL" in said
    assert "geheim" not in said
    spoil(folder / "piket.toml", "[heartbeat]", f'[heartbeat]\nurl = "{url}"')
    assert "heartbeat.url" in complaint(start)


def test_the_heartbeat_of_the_variable_goes_before_that_of_the_file_and_is_not_shown(
    start: Callable[..., Settings], folder: Path, tmp_path: Path
) -> None:
    assert start().heartbeat.url is None
    spoil(folder / "piket.toml", "[heartbeat]", '[heartbeat]\nurl = "http://10.0.0.1/of-the-file"')
    assert start().heartbeat.url == "http://10.0.0.1/of-the-file"
    (tmp_path / "secret").write_text("https://watch.example/geheim\n", encoding="utf-8")
    settings = start(PIKET_HEARTBEAT_URL_FILE=str(tmp_path / "secret"))
    assert settings.heartbeat.url == "https://watch.example/geheim"
    assert "geheim" not in repr(settings)
