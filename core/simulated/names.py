"""Names, images and quirks of the ready-made estates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.podman.model import Inside
from core.simulated.things import MIB, nothing

_BASE = "registry.example/base"
_TOOLS = "registry.example/tools"


@dataclass(frozen=True, slots=True)
class Role:
    """One of the containers that each pod has."""

    name: str
    image: str
    """May name the pod as {app}."""
    memory_mib: int


@dataclass(frozen=True, slots=True)
class Single:
    """A container outside of pods."""

    name: str
    image: str
    memory_mib: int = 8
    port: int = 0
    """0: none published."""
    network: str = "podman"
    address: str = ""
    """Static address; empty for any."""
    command: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=nothing)
    volume: str = ""
    bind: str = ""
    secrets: tuple[str, ...] = ()
    restart: str = "no"
    healthcheck: tuple[str, ...] = ()
    limit_mib: int = 0
    tty: bool = False
    auto_remove: bool = False
    privileged: bool = False
    stopped: bool = False
    busy_dumps: int = 0
    holds: Inside = field(default_factory=Inside)


ROLES = (
    Role("web", f"{_BASE}/nginx:1.27", 12),
    Role("app", "registry.example/apps/{app}:stable", 48),
    Role("db", f"{_BASE}/postgres:17", 64),
    Role("cache", f"{_BASE}/redis:7.4", 16),
    Role("worker", f"{_BASE}/worker:2", 24),
)

POD_NAMES = (
    "shop", "blog", "wiki", "forge", "mail", "chat", "calendar", "crm", "erp", "billing",
    "invoices", "search", "maps", "photos", "videos", "music", "files", "notes", "tickets",
    "survey", "forum", "newsletter", "analytics", "feeds", "auth", "status", "docs_v2",
    "intranet.site", "build-farm", "staging_shop.v2",
)  # fmt: skip

ODDITIES: Mapping[tuple[int, int], Mapping[str, str]] = {
    (0, 0): {"note": "[/x] closes nothing"},
    (1, 1): {"color": "[red]not red[/red]", "quote": 'it\'s "quoted"'},
    (2, 2): {"shell": "$(touch /tmp/pwned); `id`"},
    (3, 3): {"größe": "Ünïcödé ✓ 漢字 🚢"},
    (4, 4): {"empty": "", "newline": "two\nlines", "escape": "\x1b[31mred"},
}
"""(number of the pod, place in it) to labels that break careless code."""

LOG_LINES = (
    ("listening on :8080", "GET /health 200 3ms", "GET /health 200 2ms"),
    ("ready to accept connections", "checkpoint complete: wrote 34 buffers (0.2%)"),
    ("[info] [/x] unmatched tag in template, $(not run) `nor this`", "[red]WARN[/] slow query"),
    ("\x1b[33mwarn\x1b[0m größe überschritten: 漢字 ✓", "retrying in 5 s"),
)
"""What containers have said, some of it hostile."""

_COUNTER = "localhost/counter:latest"

SINGLES = (
    Single("awesome_goldstine", _COUNTER, memory_mib=6, port=8088),
    Single("node-exporter", f"{_TOOLS}/node-exporter:1.9", port=9100, restart="always"),
    Single("prometheus", f"{_TOOLS}/prometheus:3", 256, 9090, "metrics_net", volume="prom_data"),
    Single("grafana", f"{_TOOLS}/grafana:11", 96, 3000, "metrics_net", volume="grafana-data"),
    Single("alertmanager", f"{_TOOLS}/alertmanager:0.28", 24, 9093, "metrics_net"),
    Single("registry-mirror", f"{_TOOLS}/registry:2", 32, 5000, volume="Mirror_Data"),
    Single("dns", f"{_TOOLS}/unbound:1.22", 18, 5353, network="backend", address="10.89.2.53"),
    Single("ntp", f"{_TOOLS}/chrony:4", 4, restart="unless-stopped"),
    Single("ldap", f"{_BASE}/openldap:2.6", 40, 3890, secrets=("db-password",)),
    Single("vault_main", f"{_TOOLS}/vault:1.18", 64, 8200, limit_mib=256),
    Single("mqtt", f"{_BASE}/mosquitto:2", 6, 1883, busy_dumps=2),
    Single("zigbee.bridge", f"{_TOOLS}/zigbee:2", 28, network="backend"),
    Single("home-automation", f"{_TOOLS}/home:2025.1", 180, 8123, volume="home.config"),
    Single(
        "git-mirror",
        f"{_TOOLS}/git:2.47",
        12,
        volume="git-mirror",
        holds=Inside(locked=("/data/fetch.lock",)),
    ),
    Single("nightly_backup", f"{_TOOLS}/backup:2", 10, bind="/srv/backup", stopped=True),
    Single("cron.daily", f"{_TOOLS}/cron:1", 4, command=("sh", "-c", "while :; do sleep 60; done")),
    Single("mailcatcher", f"{_TOOLS}/mailcatcher:1", 22, 1080),
    Single("sftp", f"{_TOOLS}/sftp:1", 8, 2222, restart="on-failure:3"),
    Single("proxy", f"{_BASE}/haproxy:3", 14, 8443, "web", restart="always"),
    Single(
        "health_checked", f"{_BASE}/nginx:1.27", 12, 8444, healthcheck=("CMD-SHELL", "curl -f :80")
    ),
    Single("redis-sessions", f"{_BASE}/redis:7.4", 48, 6379, "backend", busy_dumps=1),
    Single(
        "memcached",
        f"{_BASE}/memcached:1.6",
        128,
        11211,
        "backend",
        holds=Inside(established=("10.89.2.11:11211 10.89.2.1:48122",)),
    ),
    Single("queue", f"{_BASE}/rabbitmq:4", 140, 5672, "backend", volume="queue-data"),
    Single("pdf-render", f"{_TOOLS}/pdf:1", 72, command=("render", "--title", "[bold]Hi[/x]")),
    Single(
        "image_resizer",
        f"{_TOOLS}/resizer:4",
        36,
        labels={"owner": "O'Neil & Söhne [/]"},
        holds=Inside(deleted={"/tmp/upload-7f3a.png": 3 * MIB}),  # noqa: S108
    ),
    Single("scratch.pad", f"{_BASE}/busybox:1.37", 2, auto_remove=True, tty=True),
    Single("debug-shell", f"{_BASE}/busybox:1.37", 2, command=("sh", "-c", "echo $(id) '\"[x]\"'")),
    Single("vpn", f"{_TOOLS}/wireguard:1", 4, 51820, privileged=True),
    Single("old-report", f"{_TOOLS}/report:1", 8, stopped=True),
    Single("wiki_search-index.v3", f"{_TOOLS}/index:3", 512, volume="wiki_search.Index"),
)
