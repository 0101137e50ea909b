#!/bin/sh
# Second half of a lab host's start, inside its own root.
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
. /etc/podferry-lab/settings
umount -l /.old
mount --make-rshared /
hostname "$(cat /etc/hostname)"

# A delegated cgroup must be empty before its controllers can be passed on.
mkdir -p /sys/fs/cgroup/init
echo 0 > /sys/fs/cgroup/init/cgroup.procs
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || :
done

# Without CAP_SYS_RESOURCE nobody may raise RLIMIT_NOFILE, and CRIU tries up to nr_open.
limit=$(ulimit -Hn)
if [ "$limit" != unlimited ] && [ "$limit" -lt "$(cat /proc/sys/fs/nr_open)" ]; then
    echo "$limit" > /run/nr_open
    mount --bind /run/nr_open /proc/sys/fs/nr_open
    # With a file of it covered, /proc no longer lets rootless containers mount a proc of their
    # own: the kernel wants to see one whole proc in the namespace.
    mkdir /run/whole-proc
    mount -t proc proc /run/whole-proc
fi

ip link set lo up
ip address add "$LAB_ADDRESS/24" dev eth0
ip link set eth0 up
ip route add default via "$LAB_GATEWAY"

mkdir -p /run/sshd /run/podman /run/lock
for number in 1000 1001; do
    install -d -m 700 -o "$number" -g "$number" "/run/user/$number"
done
chmod 1777 /run/lock

/usr/sbin/sshd -E /var/log/sshd.log
if [ "$LAB_SERVICE" = yes ]; then
    podman system service -t 0 unix:///run/podman/podman.sock \
        > /var/log/podman-service.log 2>&1 < /dev/null &
fi
exec /usr/bin/catatonit -P < /dev/null
