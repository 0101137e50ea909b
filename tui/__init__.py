"""The Textual app and the `podferry` command."""
