/* SPDX-License-Identifier: Apache-2.0 */
/* address.c - which addresses a download may go to */
#include "scheduler/source/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

struct block {
	uint32_t base;
	unsigned prefix_bits;
};

#define IPV4(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* IANA's special-purpose registry. */
static const struct block not_public[] = {
	{ IPV4(0, 0, 0, 0), 8 },      { IPV4(10, 0, 0, 0), 8 },     { IPV4(100, 64, 0, 0), 10 },
	{ IPV4(127, 0, 0, 0), 8 },    { IPV4(169, 254, 0, 0), 16 }, { IPV4(172, 16, 0, 0), 12 },
	{ IPV4(192, 0, 0, 0), 24 },   { IPV4(192, 0, 2, 0), 24 },   { IPV4(192, 88, 99, 0), 24 },
	{ IPV4(192, 168, 0, 0), 16 }, { IPV4(198, 18, 0, 0), 15 },  { IPV4(198, 51, 100, 0), 24 },
	{ IPV4(203, 0, 113, 0), 24 }, { IPV4(224, 0, 0, 0), 3 },
};

static bool ipv4_is_public(uint32_t address)
{
	for (size_t i = 0; i < countof(not_public); i++)
		if ((address ^ not_public[i].base) >> (32 - not_public[i].prefix_bits) == 0)
			return false;
	return true;
}

static bool has_prefix(const uint8_t *a, const char *prefix, size_t len)
{
	return memcmp(a, prefix, len) == 0;
}

static uint32_t ipv4_at(const uint8_t *a)
{
	return IPV4(a[0], a[1], a[2], a[3]);
}

/* Global unicast alone, less what embeds an IPv4 address in a way of its own (Teredo), or
 * is for documentation; translated addresses (NAT64, 6to4) are what they are translated to. */
static bool ipv6_is_public(const uint8_t a[16])
{
	if (has_prefix(a, "\0\x64\xff\x9b\0\0\0\0\0\0\0\0", 12))
		return ipv4_is_public(ipv4_at(a + 12));
	if (has_prefix(a, "\x20\x02", 2))
		return ipv4_is_public(ipv4_at(a + 2));
	if (has_prefix(a, "\x20\x01\0\0", 4) || has_prefix(a, "\x20\x01\x0d\xb8", 4))
		return false;
	return (a[0] & 0xe0) == 0x20;
}

static bool is_same(const struct sockaddr *a, const struct sockaddr *b)
{
	if (!b || a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return memcmp(&((const struct sockaddr_in *)a)->sin_addr,
			      &((const struct sockaddr_in *)b)->sin_addr, 4) == 0;
	return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
		      &((const struct sockaddr_in6 *)b)->sin6_addr, 16) == 0;
}

/* A host that cannot list its own addresses is treated as having this one. */
static bool is_own(const struct sockaddr *address)
{
	struct ifaddrs *all = NULL;
	bool own = false;

	if (getifaddrs(&all) < 0)
		return true;
	for (const struct ifaddrs *i = all; i && !own; i = i->ifa_next)
		own = is_same(address, i->ifa_addr);
	freeifaddrs(all);
	return own;
}

bool address_is_public(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return ipv4_is_public(ntohl(
			       ((const struct sockaddr_in *)address)->sin_addr.s_addr)) &&
		       !is_own(address);
	if (address->sa_family == AF_INET6)
		return ipv6_is_public(
			       ((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr) &&
		       !is_own(address);
	return false;
}
