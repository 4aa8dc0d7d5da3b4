"""The sensors that come with the engine."""
