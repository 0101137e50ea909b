"""The subcommands of `podferry`, a module each."""
