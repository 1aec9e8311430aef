/* SPDX-License-Identifier: Apache-2.0 */
/* plant.h - bugs planted for the simulator, which must find each of them
 *
 * A harness that never failed proves nothing. Only a variant of this library that
 * the tests build has ENGINE_PLANTS; elsewhere PLANTED() is false at compile time.
 */
#ifndef INGOT_SCHEDULER_ENGINE_PLANT_H
#define INGOT_SCHEDULER_ENGINE_PLANT_H

/* XX(name, what is wrong) */
#define PLANT_TABLE(XX)                                                                            \
	XX(NONE, "nothing")                                                                        \
	XX(NO_FENCE, "a completion is taken whatever its fence")                                   \
	XX(FENCE_REPEATS, "a fence starts again with each epoch")                                  \
	XX(MANUAL_RETRIED, "a lost step with on_lost: manual is tried again")                      \
	XX(GPU_TWICE, "a device is given that another step holds")                                 \
	XX(GPUS_EARLY, "a cancelled lease gives its resources back at once")                       \
	XX(CANCEL_FORGOTTEN, "what a restart finds cancelled is not told to stop")                 \
	XX(RESTART_EXPIRES, "a restart forgets the leases that it finds")                          \
	XX(LIMIT_LEAKS, "a restored attempt does not count to its limits")                         \
	XX(NOT_IDEMPOTENT, "a repeated completion is fenced")                                      \
	XX(RETRY_FORGETS, "a retried attempt's completion is not remembered")                      \
	XX(NEVER_EXPIRES, "a lease that was started does not expire")                              \
	XX(BACKOFF_SLEEPS, "nothing wakes a step that backs off")                                  \
	XX(GROUP_STUCK, "an ended run does not let the next of its group start")

enum plant {
#define XX(name, text) PLANT_##name,
	PLANT_TABLE(XX)
#undef XX
	PLANT_COUNT
};

#ifdef ENGINE_PLANTS
struct engine;
void engine_plant(struct engine *e, enum plant plant);
#define ENGINE_PLANT_FIELD enum plant plant;
#define PLANTED(e, name) ((e)->plant == PLANT_##name)
#else
#define ENGINE_PLANT_FIELD
#define PLANTED(e, name) false
#endif

#endif
