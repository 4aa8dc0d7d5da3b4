"""The operators that come with the engine."""
