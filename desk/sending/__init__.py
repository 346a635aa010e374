"""Replies on their way to the customer: one file per platform, each able to send and to look whether it came."""
