"""Errors that a user can mend."""


class ConfigurationError(ValueError):
    """Bad input: one clear sentence that says what is wrong and what would be right.

    Raised before any compute and before anything is written. The command line prints the sentence
    and exits with code 2.
    """


class StoreError(RuntimeError):
    """The results folder cannot be used: locked by another runner, unwritable, full or damaged."""
