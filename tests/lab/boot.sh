#!/bin/sh
# Becomes the first process of a lab host. Runs in new namespaces, with the machine's own tools,
# up to pivot_root; /etc/podferry-lab/init of the host goes on from there.
# Usage: boot.sh HOST_DIRECTORY TREE FILESYSTEM
set -eu
dir=$1 tree=$2 filesystem=$3
root=$dir/root

# The veth arrives from outside before this line is answered.
read -r _

mount -t overlay overlay -o "lowerdir=$tree,upperdir=$dir/upper,workdir=$dir/work" "$root"
mount --bind "$dir/home" "$root/home"
mkdir -p "$root/var/lib/containers"
# A loop device made by mount frees itself when the last mount namespace that sees it is gone.
mount -t "$filesystem" -o loop "$dir/disk.img" "$root/var/lib/containers"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir -p "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue" "$root/dev/net"
# Made anew rather than bound: the machine may keep tun and fuse from unprivileged users.
while read -r node major minor; do
    mknod -m 666 "$root/dev/$node" c "$major" "$minor"
done <<NODES
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
net/tun 10 200
fuse 10 229
NODES
mknod -m 600 "$root/dev/btrfs-control" c 10 234
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t mqueue mqueue "$root/dev/mqueue"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"

cd "$root"
mkdir -p .old
pivot_root . .old
exec chroot . /bin/sh /etc/podferry-lab/init
