"""Which addresses are those of the public internet."""

import ipaddress

#: An IPv6 address of these ranges leads to the IPv4 address in its last 32 bits.
LEADING_TO_IPV4 = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet, also the one that it leads to in another notation."""
    try:
        found: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _inner_address(found)
    if inner is not None:
        return is_public(str(inner))
    is_site_local = isinstance(found, ipaddress.IPv6Address) and found.is_site_local
    return found.is_global and not found.is_multicast and not is_site_local


def _inner_address(address: Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if any(address in network for network in LEADING_TO_IPV4):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
