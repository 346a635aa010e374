"""What every tier of tests may ask for: one real forum for the whole run, started when it is first needed."""

from tests.integration.spirit_server import spirit

__all__ = ["spirit"]
