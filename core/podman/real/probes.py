"""The POSIX shell that looks at hosts: constant texts, run as those in `scripts` are."""

from __future__ import annotations

LOGIN = r"""
exec 2>/dev/null </dev/null
u=$(id -u); echo "$u"
if [ "$u" != 0 ] && sudo -n true; then echo yes; else echo no; fi
echo "${XDG_RUNTIME_DIR:-}"
"""
"""User ID, whether sudo asks no password, and the runtime folder, a line each."""

LISTING = r"""
exec 2>/dev/null </dev/null
s=env; [ "$(id -u)" = 0 ] || { sudo -n true && s="sudo -n"; }
$s podman pod ps --format json | {
  printf '\n@@containers\n'; $s podman ps -a --format json </dev/null
  printf '\n@@pods\n'; cat
}
"""
"""All containers and pods, under headings as in SURVEY; both are asked for at the same time."""

SURVEY = r"""
exec 2>/dev/null </dev/null
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
say() { printf '\n@@%s\n' "$1"; }
u=$(id -u)
say uid; echo "$u"
say sudo; if [ "$u" = 0 ]; then s=env; else sudo -n true && echo yes && s="sudo -n"; fi
criu_check() {
  say criu_trouble; t=$($s criu check 2>&1) || printf '%s\n' "$t"
  say criu_features
  for f in mem_dirty_track network_lock_nftables; do
    $s criu check --feature $f >/dev/null && echo $f
  done
}
{
  say criu; ${s:-env} criu --version && [ -n "${s:-}" ] && criu_check
  for f in default runc crun; do
    [ -e "/etc/criu/$f.conf" ] && say "criu_$f" && cat "/etc/criu/$f.conf"
  done
  say machine; cat /proc/sys/kernel/random/boot_id
  say tools
  for t in podman tar sha256sum tee mktemp mkfifo timeout ss nsenter \
    iptables-restore nft chattr lsattr btrfs systemctl apt-get dnf zypper apk pacman \
    busybox catatonit /usr/libexec/podman/catatonit /usr/lib/podman/catatonit
  do command -v "$t"; done
  say libcriu; ldconfig -p | grep -F libcriu.so.2
  ls /usr/lib*/libcriu.so.2 /usr/lib/*/libcriu.so.2 /usr/local/lib*/libcriu.so.2
  say cpu; grep -m1 -E '^(flags|Features)' /proc/cpuinfo
  say runtimes; for r in crun runc; do $r --version; done
} | { say info; ${s:-env} podman info --format json </dev/null; cat; }
"""
"""What a host is, in one round trip. Sections are headed @@name; empty means not there.

The two sides of the pipe run at the same time: podman info takes as long as all the rest.
criu wants root even for its check.
"""

STORAGE = r"""
exec 2>/dev/null
t=$(stat -f -c %T "$1"); printf '%s\n' "$t"
if [ "$t" != btrfs ]; then echo 0
elif command -v lsattr >/dev/null; then
  find "$1" -maxdepth 3 \( -name merged -o -path '*/volumes/*' \) -prune -o -type d \
    -exec lsattr -d {} + | awk '/^[-A-Za-z]+ \// && $1 !~ /C/ { n++ } END { print n + 0 }'
else echo unknown; fi
stat -c '%d:%i' "$1"
{ cat /etc/machine-id; TZ=UTC0 stat -c '%i %w' "$1"; } | sha256sum | cut -c1-64
"""
"""Filesystem of the folder $1, number of folders down to its third level that are copied on write
(a flag on the first reaches none that is there already), its identity, and a digest of what
stays so when the machine boots anew: its ID, the folder's inode and time of birth. A line each."""

IDENTITY = r"""
cat /proc/sys/kernel/random/boot_id; stat -c '%d:%i' "$1" 2>/dev/null
"""
"""What tells the host with the graph root $1 from any other, and from itself before it booted."""

PATHS = r"""
xargs -0 sh -c 'for p do
  if [ -d "$p" ]; then k=folder; elif [ -e "$p" ]; then k=file; else continue; fi
  printf "%s %s\0" "$k" "$p"
done' podferry
"""
"""Kind of those of the paths on stdin that exist. Each is ended by NUL, there and here.

They come by stdin because ssh hands a whole command to the shell as one argument, which the
kernel limits to 128 KiB.
"""

ROOM = r"""
exec 2>/dev/null
say() { printf '\n@@%s\n' "$1"; }
say clock; date +%s.%N
room() { say "$1"; df -Pk "$2" | tail -n 1 | awk '{ print $4 }'; }
room df "$1"; room tmp /var/tmp; room run /run
for f in tcp tcp6 udp udp6; do say $f; cat /proc/net/$f; done
say units; for d in /etc/systemd/system "$HOME/.config/systemd/user"; do
  cd "$d" && ls -d container-*.service pod-*.service
done
say execs; for f in /etc/systemd/system/*.service "$HOME"/.config/systemd/user/*.service; do
  if grep -q podman "$f"; then
    echo "unit ${f##*/}"; sed -n ':a;/\\$/{N;s/\\\n//;ba};/^Exec[A-Za-z]*=.*podman/p' "$f"
  fi
done
say quadlets; find /etc/containers/systemd /run/containers/systemd /usr/share/containers/systemd \
  "$HOME/.config/containers/systemd" \( -name '*.container' -o -name '*.pod' \) -exec grep -HE \
  '^(ContainerName|PodName|ServiceName) *=|^\[(Container|Pod)\]' {} +
say masked; for d in /etc/systemd/system /run/systemd/system "$HOME/.config/systemd/user"; do
  for f in "$d"/*.service; do [ "$(readlink "$f")" != /dev/null ] || echo "${f##*/}"; done
done
"""
"""Clock, free kibibytes, sockets, units that may start containers, masked units.

The kibibytes are those below the folder $1, in /var/tmp and in /run.
"""

MEMBERS = r"""
exec 2>/dev/null
cd /proc || exit 1
members=$(grep -HE '^(PPid|VmRSS):|libpod-' [0-9]*/cgroup [0-9]*/status | awk -v ids="$1" '
  BEGIN { some = split(ids, named, " "); for (n in named) wanted[named[n]] }
  { pid = $0; sub(/\/.*/, "", pid) }
  $1 == pid "/status:PPid:" { parent[pid] = $2 }
  $1 == pid "/status:VmRSS:" { kib[pid] = $2 }
  index($0, pid "/cgroup:") == 1 && of[pid] == "" {
    sub(/libpod-payload-/, "libpod-")
    of[pid] = ""
    for (path = $0; match(path, /libpod-[0-9a-f]+/); path = substr(path, RSTART + RLENGTH)) {
      if (RLENGTH != 71) continue
      id = substr(path, RSTART + 7, 64)
      if (!some || id in wanted) of[pid] = id
      break
    }
  }
  END {
    for (pid in parent) {
      p = pid
      for (n = 0; n < 999 && (p in parent) && !(p in of); n++) p = parent[p]
      if ((p in of) && of[p] != "") print pid "/cgroup:libpod-" of[p] ":" kib[pid] + 0
    }
  }')
[ -n "$members" ] || exit 0
"""
"""The processes of containers, whose IDs are in $1 (empty: of all), and what descends from them.

A member is told as one word, `PID/cgroup:libpod-ID:KIB`, the last being its resident memory.
`libpod-payload-ID` is what it is called with --cgroups=split, as in units of systemd.
Where CRIU is told to leave cgroups alone, only the first process of what it restores is in the
container's: the others stay in CRIU's own. What is in another container's cgroup is not taken.
Grep reads, as mawk ends where a process does between its opening and its reading of a file.
"""

RESIDENT = (
    MEMBERS
    + r"""
printf '%s\n' "$members"
"""
)
"""Resident memory of the processes of containers."""

_OF = r"""
say() { printf '\n@@%s\n' "$1"; }
of() { names=; for m in $members; do for f do names="$names ${m%%/*}/$f"; done; done; }
say cgroup; printf '%s\n' "$members"
"""
"""What tells the members, and puts the files $1 ... of each into $names."""

INSIDE = (
    MEMBERS
    + _OF
    + r"""
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
say status; of status; grep -HE '^(Name|PPid|NSpid):' $names
say fds; of fd; fds=$(ls -lnqR $names); printf '%s\n' "$fds"
say maps; of maps; maps=$(grep -HE ' /.* \(deleted\)$| anon_inode:' $names); printf '%s\n' "$maps"
say stat
{
  printf '%s\n' "$fds" | awk '
    /^[0-9]+\/fd:$/ { d = substr($0, 1, length($0) - 1) }
    / -> \/dev\/(null|zero|full|random|urandom|tty|ptmx|console|pts\/[0-9]+)$/ { next }
    / -> \/dev\// || / -> \/.* \(deleted\)$/ {
      for (i = 1; i < NF; i++) if ($(i + 1) == "->") { print d "/" $i; break }
    }'
  printf '%s\n' "$maps" | awk '/ \(deleted\)$/ {
    sub(/ .*/, ""); sub(/maps:/, "map_files/"); print }'
} | xargs stat -Lc '%n %f %h %b'
say locks; of fdinfo; grep -rH '^lock:' $names
say mounts; cat self/mountinfo; of mountinfo; grep -H ' shared:' $names
say netns; of ns/net; netns=$(ls -ln $names); printf '%s\n' "$netns"
one=$(printf '%s\n' "$netns" | awk '!seen[$NF]++ { sub(/\/.*/, "", $(NF - 2)); print $(NF - 2) }')
net() { printf '%s\n' "$one" | sed "s|\$|/net/$1|" | xargs grep "$2" "$3"; }
in_use() { net "$1" -l "$2" | sed "s|/net/.*|/net/$3|" | xargs grep -H ' '; }
say tcp; in_use sockstat '^TCP: inuse [1-9]' tcp; in_use sockstat6 '^TCP6: inuse [1-9]' tcp6
say unix
used=$(net unix -l '^[0-9a-f]*: [0-9A-F]* [0-9A-F]* [0-9A-F]* [0-9A-F]* 03 ')
[ -n "$used" ] || exit 0
ss -xnH
for p in $used; do nsenter -t "${p%%/*}" -n ss -xnH; done
"""
)
"""What the processes of containers hold, in sections headed @@name, with few processes for it all.

$1 is as for MEMBERS.

A file of /proc is told with its path: `PID/status:Name: sh`. An empty list ends it early: ls
without a name would walk through all of /proc. A table of TCP costs the kernel a walk through
the sockets of all namespaces: so one is read per namespace, and only where there are some.
Nothing is asked of files but those deleted or in /dev: a stat may wait for a dead server.
"""

TRACES = (
    MEMBERS
    + _OF
    + r"""
say clock; read -r up _ <uptime; echo "$up"
say said; of stat cmdline; grep -aH '' $names
of fd ns/net
held=$(ls -lnqR $names | awk '
  /^[0-9]+\/fd:$/ { pid = substr($0, 1, length($0) - 4) }
  {
    for (i = 1; i < NF && $i != "->"; i++);
    if (i != NF - 1) next
  }
  $NF ~ /^socket:\[[0-9]+\]$/ { print pid "/socket:" substr($NF, 9, length($NF) - 9) }
  $(NF - 2) ~ /^[0-9]+\/ns\/net$/ && !seen[$NF]++ {
    sub(/ns\/net/, "net/sockstat", $(NF - 2)); print $(NF - 2); print $(NF - 2) "6"
  }')
say held; printf '%s\n' "$held"
stats= tables=
for word in $held; do case $word in */sockstat*) stats="$stats $word"; esac; done
[ -n "$stats" ] || exit 0
for used in $(grep -lE '^TCP6?: inuse [1-9]' $stats); do
  tables="$tables ${used%/*}/tcp${used##*sockstat}"
done
say tcp; [ -n "$tables" ] && exec grep -H ' 0A ' $tables
"""
)
"""The processes of containers, as for MEMBERS, and which sockets of theirs listen.

It is asked often, so it starts some ten processes for all of them. Every line of what a process
says of itself begins with its path: none can pass for a section. Of a file descriptor it is told
which socket it is: what leads elsewhere may have an arrow in its name. As in INSIDE, a table of
TCP is read once per namespace, and only where there are sockets.
"""

FILES = r"""
cd "$1" && find . -xdev -type f -printf '%P\0' | head -c 8388608
"""
"""The files below the folder $1; of very many, the first."""

DIGEST_HERE = r"""
xargs -0 -r sh -c '
  find "$@" -maxdepth 0 -type f \( -size +16384 -exec sh -c "for p do
      d=\$({ head -c 1048576 \"\$p\"; tail -c 1048576 \"\$p\"; } | sha256sum | cut -c1-64)
      printf \"%s  %s\\0\" \"\$d\" \"\$p\"
    done" podferry {} + -o -exec sha256sum -z -- {} + \)
  find "$@" -maxdepth 0 -type f -printf "= %s %T@ %p\0"
  for p do
    [ -L "$p" ] || [ ! -f "$p" ] || continue
    d=$p; until d=${d%/*}; [ -d "$d" ]; do :; done
    find "$d" -maxdepth 0 -printf "- %T@ "; printf "%s\0" "$p"
  done
' podferry 2>/dev/null; :
"""
"""Digests of the files on stdin, whose paths start in the folder that the shell is in; those above
8 MiB (16384 blocks) by their ends.

Size and time of change are read after the digest: a file that is written meanwhile is seen to be.
Of a path where there is no file it is told when the folder that it was in last changed.
"""

DIGESTS = r"""
if [ "$2" = volume ]; then cd "$3" && eval "$1"; exit; fi
if [ -n "$4" ]; then
  if cd "$4/merged" && [ -e proc ]; then eval "$1"; exit; fi
  PATH=$PATH:/usr/sbin:/sbin unshare -m --propagation slave sh -c '
    home=${2%/*} layer=${2##*/}
    umount -l "$home"
    cd "$home" || exit 1
    IFS= read -r lowers <"$layer/lower"
    options=ro,metacopy=on,lowerdir=$layer/diff:$lowers
    export LIBMOUNT_FORCE_MOUNT2=always
    [ "${#options}" -lt 4096 ] && mount -t overlay overlay -o "$options" "$layer" &&
      cd "$layer" && eval "$1"
  ' podferry "$1" "$4" && exit
fi 2>/dev/null
place=$(podman mount "$3") && [ -n "$place" ] || exit 1
trap 'cd /; podman unmount "$3" >/dev/null' EXIT
cd "$place" && eval "$1"
"""
"""Runs $1, which is `DIGEST_HERE`, in the folder $3 of a volume or what the container $3 sees.

$2 is `volume` or `container`, $4 the folder of the container's overlay layer, or empty where only
podman knows how to mount it. Of what runs the view is there already (in a folder that is none, no
container has its /proc). Of what does not, one is mounted over the layer's folder, in a namespace
that takes it along when it ends: podman would need a hundred times as long. There `lower` names
the layers below by short links, as all have to fit into a page, at whose end the kernel cuts them
without a word; libmount's newer way takes 255 bytes. With metacopy=on those are read right, too,
that were written so. Whatever of it fails, too many layers also or some that lie elsewhere, is
left to podman.

The mounts of what runs must not be held by that namespace: a container that is stopped and started
meanwhile would find its layer in use. They are below a mount that podman makes private; others
are let go by their propagation.
"""

READ_FILE = r"""
podman cp "$1" - | head -c 1050000
"""
"""A file of a container as a tar, cut where nobody looks any more."""
