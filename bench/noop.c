/* SPDX-License-Identifier: Apache-2.0 */
/* noop.c - the child of every spawning workload: static, does nothing, exits 0 */
#include <unistd.h>

int main(void)
{
	_exit(0);
}
