"""Requests that leave the machine: to global addresses only, to the very address that was looked at, and no further.

A name is resolved once; each of its addresses must be global, and the connection goes to one of them, so that a name
that means something else a moment later leads nowhere. Redirects are not followed, nothing but the head of an answer
is read, and ten seconds after it began the connection is cut, whatever the other side does.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from audit.operations.faults import Refused

SECONDS = 10.0
AGENT = "awu_portal"
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = tuple[socket.AddressFamily, Any]  # family, and what `connect` takes


class NotSent(Exception):
    """The message did not get there, or nobody answered; the text says why."""


def check_url(text: str) -> SplitResult:
    """The parts of an address that messages may be sent to. Raises Refused, with the field `url`."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise Refused(f"This is no address: {error}.", field="url") from error
    schemes = ("https", "http") if settings.WEBHOOKS_ANYWHERE else ("https",)
    if parts.scheme not in schemes:
        raise Refused("The address must begin with https://.", field="url")
    if not parts.hostname or port == 0 or any(character <= " " or character > "~" for character in text):
        raise Refused("The address needs a host, and nothing but plain characters.", field="url")
    if parts.username or parts.password or parts.fragment:
        raise Refused("Leave names, passwords and the part after # out of the address.", field="url")
    with suppress(ValueError):
        if not _is_allowed(str(ipaddress.ip_address(parts.hostname))):
            raise Refused(_not_global(parts.hostname), field="url")
    return parts


def post(url: str, headers: dict[str, str], body: bytes) -> int:
    """The status that an address answers with. Raises NotSent."""
    try:
        parts = check_url(url)
    except Refused as refusal:
        raise NotSent(str(refusal)) from refusal
    host = parts.hostname or ""
    addresses = _addresses(host, parts.port or (443 if parts.scheme == "https" else 80))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(parts.netloc)
    cut = threading.Timer(SECONDS, _cut, [connection])
    cut.daemon = True
    cut.start()
    try:
        connection.sock = _connect(addresses)
        if parts.scheme == "https":
            connection.sock = _secured(connection.sock, host)
            connection.sock.do_handshake()
        connection.request("POST", path, body, {"User-Agent": AGENT, "Connection": "close"} | headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        late = not cut.is_alive()
        why = f"no answer within {SECONDS:.0f} seconds" if late else str(error) or type(error).__name__
        raise NotSent(f"{host}: {why}.") from error
    finally:
        cut.cancel()
        connection.close()


def _addresses(host: str, port: int) -> list[Address]:
    """Where a name leads; every one of its addresses must be allowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotSent(f"{host} is not a name that leads anywhere: {error}.") from error
    for *_, where in found:
        if not _is_allowed(str(where[0])):
            raise NotSent(_not_global(host))
    return [(family, where) for family, *_, where in found]


def _not_global(host: str) -> str:
    return f"{host} is not on the public internet: messages go to public addresses only."


def _is_allowed(text: str) -> bool:
    if settings.WEBHOOKS_ANYWHERE:
        return True
    address = ipaddress.ip_address(text.split("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return _is_allowed(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
        within = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if within:
            return _is_allowed(str(within))
    return address.is_global and not address.is_multicast


def _connect(addresses: list[Address]) -> socket.socket:
    """A connection to the first of these addresses that takes one in time."""
    refused, deadline = OSError("no address"), time.monotonic() + SECONDS
    for family, where in addresses:
        caller = socket.socket(family, socket.SOCK_STREAM)
        caller.settimeout(max(deadline - time.monotonic(), 0.01))
        try:
            caller.connect(where)
        except OSError as error:
            caller.close()
            refused = error
        else:
            return caller
    raise refused


def _secured(caller: socket.socket, host: str) -> ssl.SSLSocket:
    """The same connection for TLS, before its handshake: that too is cut where it takes too long."""
    context = ssl.create_default_context()
    return context.wrap_socket(caller, server_hostname=host, do_handshake_on_connect=False)


def _cut(connection: http.client.HTTPConnection) -> None:
    """End both directions under whoever waits; a socket's own, for TLS would say goodbye first."""
    if connection.sock is not None:
        with suppress(OSError):
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
