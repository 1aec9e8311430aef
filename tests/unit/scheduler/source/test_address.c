/* SPDX-License-Identifier: Apache-2.0 */
/* test_address.c - which addresses are of the public internet */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/mem.h"
#include "scheduler/source/address.h"
#include "tests/lib/test.h"

static bool is_public(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return address_is_public((const struct sockaddr *)&v4);
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) != 1)
		fail_msg("%s", text);
	return address_is_public((const struct sockaddr *)&v6);
}

static void the_internet_is_public(void **state)
{
	static const char *const addresses[] = {
		"1.1.1.1",	   "8.8.8.8",	   "9.255.255.255",    "11.0.0.0",
		"100.63.255.255",  "100.128.0.0",  "172.15.255.255",   "172.32.0.0",
		"192.167.255.255", "192.169.0.0",  "169.253.255.255",  "223.255.255.255",
		"126.255.255.255", "128.0.0.0",	   "198.17.255.255",   "198.20.0.0",
		"2606:4700::1111", "2a00:1450::1", "64:ff9b::8.8.8.8", "2002:808:808::1",
	};

	(void)state;
	for (size_t i = 0; i < countof(addresses); i++)
		if (!is_public(addresses[i]))
			fail_msg("%s is public", addresses[i]);
}

static void what_is_nearer_is_not(void **state)
{
	static const char *const addresses[] = {
		"0.0.0.0",
		"0.255.255.255",
		"10.0.0.0",
		"10.255.255.255",
		"100.64.0.0",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.255.255",
		"169.254.0.0",
		"169.254.169.254",
		"172.16.0.0",
		"172.31.255.255",
		"192.0.0.8",
		"192.0.2.1",
		"192.88.99.1",
		"192.168.0.0",
		"192.168.255.255",
		"198.18.0.0",
		"198.19.255.255",
		"198.51.100.1",
		"203.0.113.1",
		"224.0.0.0",
		"239.255.255.255",
		"240.0.0.0",
		"255.255.255.255",
		"::",
		"::1",
		"::ffff:8.8.8.8",
		"::ffff:127.0.0.1",
		"::8.8.8.8",
		"fe80::1",
		"fec0::1",
		"fc00::1",
		"fdff::1",
		"ff02::1",
		"64:ff9b::127.0.0.1",
		"64:ff9b::10.0.0.1",
		"64:ff9b:1::1",
		"2002:7f00:1::",
		"2002:a9fe:a9fe::",
		"2001::1",
		"2001:db8::1",
		"100::1",
		"4000::1",
	};

	(void)state;
	for (size_t i = 0; i < countof(addresses); i++)
		if (is_public(addresses[i]))
			fail_msg("%s is not public", addresses[i]);
}

static void a_socket_of_this_host_is_not(void **state)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)state;
	assert_false(address_is_public((const struct sockaddr *)&address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_internet_is_public),
		cmocka_unit_test(what_is_nearer_is_not),
		cmocka_unit_test(a_socket_of_this_host_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
