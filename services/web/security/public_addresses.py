"""Which addresses a server of ours may call when a user names it: none of our own network."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
AddressCheck = Callable[[Address], bool]

NOT_PUBLIC_4 = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
"""What IANA has set aside. Python's own list is another one in each of its versions."""

UNICAST_6 = IPv6Network("2000::/3")
"""All that is given out of IPv6; whatever is local, mapped, embedded or for later lies outside of it."""
NOT_PUBLIC_6 = [IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
"""But for protocols, documentation, and tunnels that lead to an IPv4 address inside of them."""


def is_any_address(_: Address) -> bool:
    return True


def is_public_address(address: Address) -> bool:
    """Whether the address is one of the open internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_4)
    if address.ipv4_mapped:
        return is_public_address(address.ipv4_mapped)
    return address in UNICAST_6 and not any(address in network for network in NOT_PUBLIC_6)
