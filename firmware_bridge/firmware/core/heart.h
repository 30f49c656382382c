/* RR intervals and rate of a train of beats. */
#ifndef HEART_H
#define HEART_H

#include <stdbool.h>
#include <stdint.h>

struct heart {
    bool has_last;
    uint32_t last_ms;
    uint8_t count;      /* intervals held, up to 4 */
    uint16_t rr_ms[4];  /* the newest at the place 'next' - 1 */
    uint8_t next;
};

/* Takes the time of a beat; false for an echo within the refractory time. rr_ms and rate_bpm are 0 when not known. */
bool heart_beat(struct heart *heart, uint32_t at_ms, uint16_t *rr_ms, uint8_t *rate_bpm);

/* The train was broken off: the next beat has no interval. */
void heart_forget(struct heart *heart);

#endif
