/* SPDX-License-Identifier: Apache-2.0 */
/* address.h - which addresses a download may go to */
#ifndef INGOT_SCHEDULER_SOURCE_ADDRESS_H
#define INGOT_SCHEDULER_SOURCE_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

/* Whether the address is one of the public internet and none of this host's own: not
 * loopback, private, link-local, shared, multicast or reserved, and no IPv6 form that leads
 * to such an IPv4 address. What is checked is the address that is connected to, not the URL,
 * so neither spelling, redirect nor changing DNS answers get around it. */
bool address_is_public(const struct sockaddr *address);

#endif
