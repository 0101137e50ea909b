"""Real Podman hosts, reached over real SSH, side by side on one Linux machine."""
