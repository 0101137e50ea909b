"""What Podman can do: the Engine protocol, the typed model, the real engine."""
