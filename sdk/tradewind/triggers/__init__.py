"""Triggers: small coroutines that wait for something while no worker slot is held."""
