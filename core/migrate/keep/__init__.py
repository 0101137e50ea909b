"""Checkpoints that are kept: made from any host, restored on any, and over a reboot."""
