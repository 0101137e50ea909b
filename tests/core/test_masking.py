from __future__ import annotations

import pytest

from core.masking import MASK, mask_command, mask_text, mask_variable


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD", "MYSQL_ROOT_PASSWORD", "db_pass", "PGPASSWORD", "API_KEY", "APIKEY",
        "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "CREDENTIALS", "BASIC_AUTH", "SSH_PRIVATE",
        "SENTRY_DSN", "SESSION_COOKIE", "KEY", "ENCRYPTION_KEYS",
    ],
)  # fmt: skip
def test_secret_names_hide_their_values(name: str) -> None:
    assert mask_variable(f"{name}=hunter=2") == f"{name}={MASK}"


@pytest.mark.parametrize(
    "variable", ["PATH=/usr/bin", "PWD=/srv", "KEYBOARD=de", "MONKEY=1", "EMPTY_TOKEN=", "odd"]
)
def test_others_are_shown(variable: str) -> None:
    assert mask_variable(variable) == variable


@pytest.mark.parametrize(
    "text, shown",
    [
        ("postgres://app:s3cret@db:5432/x", f"postgres://app:{MASK}@db:5432/x"),
        ("redis://:s3cret@cache", f"redis://:{MASK}@cache"),
        ("amqp://u:p@ss@host/", f"amqp://u:{MASK}@host/"),
        ("https://example.com:8080/a@b", "https://example.com:8080/a@b"),
        ("--db-password=s3cret -v", f"--db-password={MASK} -v"),
        ("user=me password=s3cret host=db", f"user=me password={MASK} host=db"),
        ("GET /?token=s3cret&x=1", f"GET /?token={MASK}&x=1"),
        ("nothing to see", "nothing to see"),
    ],
)
def test_secrets_inside_text(text: str, shown: str) -> None:
    assert mask_text(text) == shown


def test_a_variable_with_an_address() -> None:
    assert mask_variable("DATABASE_URL=pg://a:b@c/d") == f"DATABASE_URL=pg://a:{MASK}@c/d"


def test_the_word_after_a_secret_option() -> None:
    command = ("app", "--token", "abc", "--verbose", "--password=x", "--auth", "--y")
    assert mask_command(command) == (
        "app", "--token", MASK, "--verbose", f"--password={MASK}", "--auth", "--y",
    )  # fmt: skip
