"""Deadline warnings that were given, and forecasts that were made."""
