"""Reaching a machine: addresses, local and ssh transport, commands, streams, forwarded sockets."""
