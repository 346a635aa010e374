"""The reply check: what is wrong with a reply, said before it is sent. Begin with check.py; the rules are in rules/."""

from desk.replies.check import Finding, check
from desk.replies.context import Grant, Reader, ReplyContext, context_for
from desk.replies.shelf import RulesError, load_rules, shipped, with_own

__all__ = [
    "Finding",
    "Grant",
    "Reader",
    "ReplyContext",
    "RulesError",
    "check",
    "context_for",
    "load_rules",
    "shipped",
    "with_own",
]
