"""Settings: read once, unknown ones refused by name, secrets never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb import config
from kb.errors import InvalidSetting


def test_defaults_follow_the_xdg_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KB_MODELS", raising=False)
    settings = config.load()
    assert settings.data == tmp_path / "data" / "agora21"
    assert settings.models == tmp_path / "cache" / "agora21"
    assert settings.database == f"sqlite:///{tmp_path}/data/agora21/kb.sqlite"


def test_an_unknown_setting_names_the_nearest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_PROT", "80")
    with pytest.raises(InvalidSetting, match="no setting KB_PROT; did you mean KB_PORT"):
        config.load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KB_PORT", "no number"),
        ("KB_PORT", "70000"),
        ("KB_RUNTIME", "magic"),
        ("KB_DATABASE_URL", "not an address"),
        ("KB_SMTP_URL", "mail.example.it"),
        ("KB_PUBLIC_URL", "pratiche.example.it"),
        ("KB_LIMIT_SEARCH", "often"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSetting, match=name):
        config.load()


def test_passwords_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_DATABASE_URL", "postgresql+psycopg://kb:secret@db/kb")
    monkeypatch.setenv("KB_SMTP_URL", "smtp+starttls://kb:secret@mail.example.it:587")
    monkeypatch.setenv("KB_OIDC_CLIENT_SECRET", "oidc://secret")
    shown = {row["name"]: row for row in config.describe(config.load())}
    assert "secret" not in str(shown).replace("KB_OIDC_CLIENT_SECRET", "")
    assert shown["KB_SMTP_URL"]["value"] == "smtp+starttls://kb:***@mail.example.it:587"
    assert shown["KB_OIDC_CLIENT_SECRET"]["value"] == "***"
    assert shown["KB_DATABASE_URL"]["source"] == "environment"
    assert shown["KB_PORT"] == {**shown["KB_PORT"], "value": "8021", "source": "default"}


def test_every_setting_says_what_it_means() -> None:
    assert all(field.description for field in config.Config.model_fields.values())
