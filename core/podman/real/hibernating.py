"""Containers that sleep over a reboot: checkpointed where they are, and restored there."""

from __future__ import annotations

from collections.abc import Sequence

from core.podman.outcomes import Rest, RestOutcome
from core.podman.real.base import BULK_S, Base
from core.podman.real.dumping import HOLD_OFF
from core.podman.real.quirks import REAL_BINDS, REJOIN
from core.podman.real.scripts import HOLDER

_TEXT = r"""
set -u
umask 077
LC_ALL=C; export LC_ALL
root=$(podman info --format '{{.Store.GraphRoot}}') &&
  runs=$(podman info --format '{{.Store.RunRoot}}') &&
  driver=$(podman info --format '{{.Store.GraphDriverName}}') || exit 1
book=$root/podferry-hibernate
FACTS='{{.Name}}|{{.StaticDir}}|{{.State.Status}}|{{.State.Pid}}|{{.State.StartedAt}}'
FACTS="$FACTS|{{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}"
FACTS="$FACTS|{{index .Config.Labels \"PODMAN_SYSTEMD_UNIT\"}}"
SHARES='net:{{.HostConfig.NetworkMode}} ipc:{{.HostConfig.IpcMode}}'
SHARES="$SHARES uts:{{.HostConfig.UTSMode}} pid:{{.HostConfig.PidMode}}"
case ${1:-} in
  sleep) mkdir -p "$book" || exit 1 ;;
  wake) [ -d "$book" ] || exit 0 ;;
esac
limit=; ! command -v timeout >/dev/null || limit="timeout -k 5 600"

tell() { printf '%s %s %s %s\n' "$1" "$id" "${name:-?}" "$(printf %s "$2" | tr '\n\t' '  ')"; }
ask() { podman container inspect --format "$1" "$id"; }
tidy() { rm -rf "$folder/checkpoint" "$folder/podferry-pages"; }
needs() { ask '{{range .Dependencies}}{{.}} {{end}}' | tr ' ' '\n' | sed -n "s/..*/& $id/p"; }
seen() {
  podman top "$id" comm 2>/dev/null | sed 1d | sort | tr '\n' ' '; echo
  cat "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null |
    awk '$4 == "0A" { print $2 }' | sort | tr '\n' ' '; echo
  ask '{{.RestartCount}}'
}
learn() {
  name= folder= state= pid= started= policy= unit=
  told=$(ask "$FACTS" 2>/dev/null)
  IFS='|' read -r name folder state pid started policy unit <<END
$told
END
  case $policy in on-failure:0 | [!o]*) policy=${policy%:*} ;; esac
  case $unit in '<no value>') unit= ;; esac
  [ -n "$folder" ]
}

at_work() {
  for c in "$id" $(ask '{{.Pod}}'); do
    d=$runs/podferry-claim.$c
    ! told "$d" || ! lives || return 0
  done
  return 1
}

lay() {
  learn || { tell failed "it is not there any more"; return; }
  [ "$state" = running ] || { tell skipped "it is $state"; return; }
  [ -z "$unit" ] || [ "$(systemctl is-enabled "$unit" 2>/dev/null)" = masked ] || {
    tell failed "the systemd unit $unit would start it again: mask it"; return; }
  ! at_work || { tell failed "another podferry is working on it"; return; }
  new=$book/.$id
  rm -rf "$new" "${book:?}/$id"
  mkdir "$new" && needs >"$new/needs" && echo "$name" >"$new/name" && echo "$started" \
    >"$new/started" && echo "$policy" >"$new/policy" && mv "$book/.seen.$id" "$new/seen" &&
    sync -f "$new" && mv -T "$new" "$book/$id" ||
    { tell failed "it could not be noted in $book"; return; }
  case $policy in
    '' | no) ;;
    *) said=$(podman container update --restart=no "$id" 2>&1 >/dev/null) || {
      rm -rf "${book:?}/$id"
      tell failed "its restart policy could not be put off: $said"; return; }
  esac
  tidy
  rejoin "$pid"
  n=0; listening "$pid"
  until said=$($limit podman container checkpoint --tcp-established --file-locks "$id" 2>&1); do
    n=$((n+1))
    said="$said $(grep -h 'Error (' "$folder/dump.log" 2>/dev/null | tail -n 3)"
    let_in "$own"
    case $said in *In-flight*)
      [ "$n" -lt 24 ] && { quieten "$pid" "$own"; continue; } ;;
    esac
    [ "$(ask '{{.State.Running}}')" = true ] || restore "$id" >/dev/null 2>&1 || {
      tell failed "it is stopped, and could not be restored: $said"; return; }
    tidy; arm; rm -rf "${book:?}/$id"
    tell failed "it runs on: $said"; return
  done
  let_in "$own"
  : >"$book/$id/asleep"
  sync -f "$folder"
  tell asleep ""
}
arm() {
  case $policy in '' | no) return ;; esac
  podman container update --restart="$policy" "$id" >/dev/null 2>&1
}

share() {
  u=$folder/config.json
  infra=$(ask '{{.Pod}}' | grep . | xargs -r podman pod inspect --format '{{.InfraContainerID}}')
  for other in ${infra:+"all:container:$infra"} $(ask "$SHARES"); do
    case $other in *:container:*) ;; *) continue ;; esac
    ns=${other%%:*}; other=${other##*:}
    [ "$ns" != all ] || ns='[a-z]*'
    p=$(podman container inspect --format '{{.State.Pid}}' "$other") || return 1
    if [ "$p" = 0 ] && [ "$other" = "$infra" ]; then
      podman container start "$infra" >/dev/null || return 1
      p=$(podman container inspect --format '{{.State.Pid}}' "$infra")
    fi
    [ "$p" != 0 ] || { echo "what it shares a namespace with does not run: $other"; return 1; }
    sed -i "s#\"/proc/[0-9]*/ns/\($ns\)\"#\"/proc/$p/ns/\1\"#g" "$u" || return 1
  done
}
secrets() {
  names=$(grep -o '"destination": *"/run/secrets/[A-Za-z0-9_.-]*"' "$folder/config.json" |
    cut -d/ -f4 | tr -d '"')
  [ -n "$names" ] || return 0
  place=$runs/$driver-containers/$id/userdata/run/secrets
  n=0
  while [ ! -d "$place" ] && [ "$n" -lt 6000 ]; do n=$((n+1)); sleep 0.01; done
  for n in $names; do touch "$place/$n"; done
}
afresh() {
  [ -n "$cold" ] || { tell failed "$1"; return; }
  tidy
  said=$(share 2>&1 && podman container start "$id" 2>&1 >/dev/null) ||
    { tell failed "$1; and it could not be started: $said"; return; }
  arm; rm -rf "${book:?}/$id"
  tell afresh "$1"
}
restore() {
  real_binds "$folder/config.json"
  $limit podman container restore --tcp-established --file-locks "$@"
}
turns() {
  : >"$book/.first"; : >"$book/.later"
  while read -r id; do
    [ -d "$book/$id" ] || continue
    to=first
    [ -z "$(ask '{{.Pod}}' 2>/dev/null)" ] || to=later
    while read -r need _; do
      ! grep -qxF "$need" "$book/.later" || to=later
    done <"$book/$id/needs"
    echo "$id" >>"$book/.$to"
  done
  cat "$book/.first" "$book/.later"
  rm -f "$book/.first" "$book/.later"
}
rouse() {
  learn || {
    name=$(cat "$book/$id/name"); rm -rf "${book:?}/$id"
    tell failed "it is not there any more"; return; }
  policy=$(cat "$book/$id/policy")
  if [ "$state" = running ] || [ "$state" = paused ]; then
    arm; rm -rf "${book:?}/$id"
    [ "$started" = "$(cat "$book/$id/started" 2>/dev/null)" ] || tidy
    tell running "it runs already"; return
  fi
  [ "$started" = "$(cat "$book/$id/started")" ] || {
    afresh "it has run since, and its checkpoint is from before"; return; }
  [ -e "$book/$id/asleep" ] || [ -e "$folder/checkpoint/inventory.img" ] || {
    afresh "it ended before it was checkpointed"; return; }
  said=$(share 2>&1) || { afresh "$said"; return; }
  secrets & s=$!
  said=$(restore "$id" 2>&1)
  rc=$?
  case $said in
    *'already allocated'*)
      said=$(restore --ignore-static-ip --ignore-static-mac "$id" 2>&1); rc=$?
      : >"$book/$id/moved" ;;
  esac
  [ "$rc" = 0 ] || {
    kill "$s" 2>/dev/null
    afresh "$said $(grep -h 'Error (' "$folder/restore.log" 2>/dev/null | tail -n 3)"; return; }
  kill "$s" 2>/dev/null
  echo "$id" >>"$book/.up"
}
confirm() {
  learn || { tell failed "it is not there any more"; return; }
  policy=$(cat "$book/$id/policy")
  [ "$state" = running ] || { afresh "it was restored, and is $state"; return; }
  now=$(seen "$pid"); was=$(cat "$book/$id/seen")
  said=; [ ! -e "$book/$id/moved" ] || said="its address was taken, and it has another one. "
  arm; rm -rf "${book:?}/$id" "$folder/podferry-pages"
  if [ "$now" = "$was" ]; then tell awake "$said"; else
    tell awake "${said}other processes, sockets or restarts than before: $was, now $now"
  fi
}

verb=$1; shift
cold=
case $verb in
  sleep)
    [ "$#" -gt 0 ] || set -- $(podman ps --no-trunc --quiet --filter status=running)
    for id; do
      [ "$(ask '{{.IsInfra}}' 2>/dev/null)" = true ] || echo "$id"
    done >"$book/.asked"
    while read -r id; do
      echo "$id $id"; needs 2>/dev/null
    done <"$book/.asked" | tsort >"$book/.order" || exit 1
    # Whoever needs another goes first.
    grep -xF -f "$book/.asked" "$book/.order" | sed '1!G;h;$!d' >"$book/.turn"
    # All are looked at before any is stopped: they may share a network.
    while read -r id; do
      learn && seen "$pid" >"$book/.seen.$id"
    done <"$book/.turn" 2>/dev/null
    while read -r id; do lay </dev/null; done <"$book/.turn"
    rm -f "$book/.order" "$book/.asked" "$book/.turn" "$book/.seen."*
    ;;
  wake)
    [ "${1:-}" != --cold ] || cold=1
    for id in $(ls "$book"); do
      echo "$id $id"; cat "$book/$id/needs"
    done | tsort | turns >"$book/.order" || exit 1
    : >"$book/.up"
    while read -r id; do rouse </dev/null; done <"$book/.order"
    sleep 1
    while read -r id; do confirm </dev/null; done <"$book/.up"
    rm -f "$book/.order" "$book/.up"
    ;;
  *) echo "usage: $0 sleep [ID...] | wake [--cold]" >&2; exit 2 ;;
esac
rmdir "$book" 2>/dev/null || :
"""
SCRIPT = HOLDER + HOLD_OFF + REJOIN + REAL_BINDS + _TEXT
"""Run as `sleep [ID...]`, for these containers or all that run, or as `wake [--cold]`.

For each container a line tells what became of it: outcome, ID, name, and what there is to say. It
stands alone, so that a unit can run it at shutdown and at boot.

podman keeps a checkpoint, with /dev/shm, in the container's folder, and its layer stays where it
is: both outlive a reboot, and `podman container restore` finds them (tried with 5.8: a host that
crashed). What does not is made anew: whatever a namespace is shared with has another PID, which is
set right in the runtime's configuration, and the files on which secrets are mounted are made (crun
makes them at a first start alone). What needs another container is dumped before it and restored
after it: CRIU wants the namespaces that it has joined to be there.

A container asks for the address that it had. A pod's infra container is started, not restored, and
takes any that is free: so what is in no pod goes first.

The book, a folder for each container, says before anything is done what it was: its restart policy,
which is put off until it is awake, so that nothing starts it at boot without its memory, and when
it was started: one that was started since has lived on, and its checkpoint is not used any more.
"""


class Hibernating(Base):
    """The part of Engine that lets containers sleep over a reboot."""

    async def hibernate(self, container_ids: Sequence[str]) -> tuple[Rest, ...]:
        """See Engine."""
        shown = ("podman", "container", "checkpoint", *container_ids)
        async with self._gate.held():
            return _read(
                await self._script(SCRIPT, "sleep", *container_ids, shown=shown, deadline_s=BULK_S)
            )

    async def wake(self, *, cold: bool) -> tuple[Rest, ...]:
        """See Engine."""
        words = ("wake", "--cold") if cold else ("wake",)
        shown = ("podman", "container", "restore", "…")
        async with self._gate.held():
            return _read(await self._script(SCRIPT, *words, shown=shown, deadline_s=BULK_S))


def _read(told: str) -> tuple[Rest, ...]:
    """What the script's lines say; anything else that was printed is none of them."""
    lines = [line.split(" ", 3) for line in told.splitlines()]
    known = {outcome.value for outcome in RestOutcome}
    return tuple(
        Rest(line[1], line[2], RestOutcome(line[0]), line[3].strip())
        for line in lines
        if len(line) == 4 and line[0] in known
    )
