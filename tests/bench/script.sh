#!/bin/sh
# What a competent operator writes to move containers and pods by hand.
#
#   script.sh SSH_CONFIG SOURCE TARGET NAME...
#
# A single container is checkpointed to a file, the file copied through this machine, and restored;
# a pod is generated as YAML, stopped, and played. One after the other, over ssh connections that
# SSH_CONFIG keeps open (ControlMaster). The images are on the target already.
set -eu

config=$1 source=$2 target=$3
shift 3
tries=8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

on() {
    ssh -F "$config" "$@"
}

move_container() {
    file=/var/tmp/$1.tar.zst
    try=1
    # A connection that is being made at that moment fails the dump; the container goes on.
    until on "$source" podman container checkpoint --export "$file" "$1" 2>"$work/why"; do
        cat "$work/why" >&2
        [ "$try" -lt "$tries" ] || exit 1
        echo "script: trying again" >&2
        try=$((try + 1))
        sleep 0.4
    done
    scp -q -F "$config" -3 "$source:$file" "$target:$file"
    # Without these it wants the address back that it had there.
    on "$target" podman container restore --ignore-static-ip --ignore-static-mac --import "$file"
    on "$source" rm "$file"
    on "$target" rm "$file"
}

move_pod() {
    on "$source" podman kube generate "$1" >"$work/pod.yaml"
    on "$source" podman pod stop "$1"
    on "$target" podman kube play - <"$work/pod.yaml"
}

pods=$(on "$source" podman pod ls --format '{{.Name}}')
for name; do
    if printf '%s\n' "$pods" | grep -qxF -e "$name"; then
        move_pod "$name"
    else
        move_container "$name"
    fi
done
