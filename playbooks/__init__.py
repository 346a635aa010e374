"""What to do about a mention: the playbooks, the rule that picks one, and the reply drafts they carry."""
