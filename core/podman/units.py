"""Masking systemd units that would start what has moved away."""

MASK = r"""
d=/etc/systemd/system; [ -z "$2" ] || d=$HOME/.config/systemd/user
if [ -f "$d/$1" ] && [ ! -L "$d/$1" ]; then mv "$d/$1" "$d/$1.podferry" || exit 1; fi
systemctl ${2:+"$2"} mask -- "$1"
"""
"""Masks the unit $1, with the option $2 of systemctl.

systemd refuses to while the unit's own file lies where the mask goes."""

UNMASK = r"""
d=/etc/systemd/system; [ -z "$2" ] || d=$HOME/.config/systemd/user
systemctl ${2:+"$2"} unmask -- "$1" || exit 1
[ ! -f "$d/$1.podferry" ] || mv "$d/$1.podferry" "$d/$1" || exit 1
systemctl ${2:+"$2"} daemon-reload
"""
