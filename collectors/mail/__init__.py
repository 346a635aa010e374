"""Mails as mentions: what a message says, who wrote it, what belongs to its thread, and whether a person wrote it.

`message.parse_message` is the one door, for the mailbox (`collectors.imap`), for .eml files and for mbox files.
"""
