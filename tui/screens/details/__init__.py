"""More about one item: processes, mounts, environment, networks, log."""
