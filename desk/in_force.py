"""A case keeps the promise that was in force when its customer wrote, whatever is promised since.

Each policy is kept in the store under its version for ever, and the event that starts a case names the version. A
version that the store does not know (a case from before versions were kept) stands under today's policy.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from desk.clock import Clocks
from desk.policy import Policy, policy_from
from store import joining
from store.engine import Store


class ClocksInForce(Clocks):
    """Today's clocks, which know yesterday's promises."""

    def __init__(self, policy: Policy, store: Store, brand: str) -> None:
        super().__init__(policy)
        self._store = store
        self._brand = brand
        self._known: dict[str, Clocks] = {policy.version: self}
        self._kept = False

    def of_version(self, version: str | None) -> Clocks:
        """The clocks of the policy that was in force under that version; today's for one that is not known."""
        if version is None:
            return self
        if version not in self._known:
            with self._store.read() as tx:
                record = joining.policy_of(tx, self._brand, version)
            self._known[version] = self if record is None else self.under(policy_from(record))
        return self._known[version]

    def keep(self, tx: Connection, now: datetime) -> str:
        """Keep today's policy, in the transaction of the first case that stands on it; answers its version."""
        version = self.policy.version
        if not self._kept:
            joining.keep_policy(tx, self._brand, version, self.policy.record(), now)
            # It may yet be rolled back with the case: only what is found in the store again is known to be kept.
            with self._store.read() as other:
                self._kept = joining.policy_of(other, self._brand, version) is not None
        return version
