"""What counts as a mention: the query language, its Turkish-aware matching, and what each service understands of it.

Pure: text and mentions in, answers out. The grammar is in docs/reference/query.md, the reasons in docs/why/query.md.
"""

from collectors.query.match import Found, Match, Query
from collectors.query.syntax import QueryError

__all__ = ["Found", "Match", "Query", "QueryError"]
