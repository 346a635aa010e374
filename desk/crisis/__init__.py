"""Crises at the desk: opened, run by their plan, told to people, reviewed. The rules are in playbooks/crisis."""
