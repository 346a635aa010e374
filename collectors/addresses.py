"""Which addresses a source may reach: the public ones, and private ones only where the configuration says so.

URLs come from users, feeds and posts; one that leads inside the network (a router, a cloud's metadata, a database)
must not be fetched for a stranger. Names are checked when they are looked up; the address that a connection really has
is checked again before anything is sent, since a name may be answered differently the second time (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

from collectors.protocol import Refused

ADVICE = "If it is a server of your own, say private_network: true for this source."

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")


def is_private(ip: str) -> bool:
    """Whether an address is not of the public internet: private, loopback, link-local, reserved, multicast, or an IPv6
    form that holds such an IPv4 address. Anything that is no address counts as private."""
    try:
        address = ipaddress.ip_address(ip.split("%")[0])
    except ValueError:
        return True
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address in _NAT64_LOCAL:
            return True
        if inner is not None:
            return is_private(str(inner))
    return not address.is_global or address.is_multicast


def leads_inside(host: str, port: int | None) -> str | None:
    """The private address that a host name has, None when all of its addresses are public or it has none."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port or 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, OverflowError):
        return None  # the connection will say what is wrong with it
    return next((str(item[4][0]) for item in found if is_private(str(item[4][0]))), None)


def checked(host: str, port: int | None, private_network: bool, sentence: Callable[[str, str], str]) -> None:
    """Raises Refused, in the words of `sentence(what, advice)`, for a host inside that may not be reached."""
    if private_network:
        return
    if leads_inside(host, port) is not None:
        raise Refused(sentence(f"{host} is an address inside a private network", ADVICE))
