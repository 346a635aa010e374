"""Replies on their way out: one row a send key, whatever became of it."""
