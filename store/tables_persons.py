"""Which authors are one person: what suggests it, what was confirmed, and what an undoing needs."""
