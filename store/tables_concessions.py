"""Approvals, concessions and the voucher codes they are given from."""
