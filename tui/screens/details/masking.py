"""Secrets in what is shown: by the name of the variable, and in addresses with a password."""

from __future__ import annotations

import re

MASK = "••••"

_SECRET_NAME = re.compile(
    r"PASS|PWD|SECRET|TOKEN|CRED|AUTH|PRIVATE|SALT|COOKIE|SIGNATURE|DSN|CONNECTION_?STRING"
    r"|(?<![A-Z])KEYS?(?![A-Z])|APIKEY|ACCESSKEY",
    re.IGNORECASE,
)
"""KEY only as a word of its own, so that KEYBOARD and MONKEY stay readable."""

_HARMLESS_NAMES = frozenset({"PWD", "OLDPWD"})

# Both begin where a run of such characters does: else a long run takes the square of its length.
_PASSWORD_IN_URL = re.compile(
    r"(?P<start>(?<![a-z0-9+.-])[a-z0-9+.-]+://[^\s/@:]*:)[^\s/]*@", re.IGNORECASE
)

_SECRET_OPTION = re.compile(
    r"(?P<start>(?<![\w.-])[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api[-_]?key)"
    r"[\w.-]*[=:]\s*)(?P<value>[^\s;,&\"']+)",
    re.IGNORECASE,
)


def is_secret_name(name: str) -> bool:
    """Whether a variable of that name is likely to hold a secret."""
    return name not in _HARMLESS_NAMES and _SECRET_NAME.search(name) is not None


def mask_variable(assignment: str) -> str:
    """`NAME=value` with the value masked if its name says so, else with what is secret in it."""
    name, sign, value = assignment.partition("=")
    if not sign:
        return assignment
    if value and is_secret_name(name):
        return f"{name}={MASK}"
    return f"{name}={mask_text(value)}"


def mask_text(text: str) -> str:
    """Text with passwords in addresses and in `password=...` masked."""
    text = _PASSWORD_IN_URL.sub(lambda m: f"{m['start']}{MASK}@", text)
    return _SECRET_OPTION.sub(lambda m: f"{m['start']}{MASK}", text)


def mask_command(words: tuple[str, ...]) -> tuple[str, ...]:
    """A command line; what follows an option like `--password` is masked as well."""
    shown: list[str] = []
    follows = False
    for word in words:
        shown.append(MASK if follows and not word.startswith("-") else mask_text(word))
        name = word.lstrip("-")
        follows = word.startswith("-") and "=" not in word and is_secret_name(name)
    return tuple(shown)
