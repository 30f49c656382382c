#include "heart.h"

enum {
    REFRACTORY_MS = 250, /* 240 beats a minute: nothing nearer is a second beat */
    LONGEST_MS = 2500    /* 24 beats a minute: a longer interval has missed one */
};

void heart_forget(struct heart *heart)
{
    heart->has_last = false;
    heart->count = 0;
    heart->next = 0;
}

bool heart_beat(struct heart *heart, uint32_t at_ms, uint16_t *rr_ms, uint8_t *rate_bpm)
{
    uint32_t gap_ms = at_ms - heart->last_ms;
    *rr_ms = 0;
    *rate_bpm = 0;
    if (heart->has_last && gap_ms < REFRACTORY_MS) {
        return false;
    }
    if (heart->has_last && gap_ms > LONGEST_MS) {
        heart_forget(heart);
    }
    if (heart->has_last) {
        *rr_ms = (uint16_t)gap_ms;
        heart->rr_ms[heart->next] = (uint16_t)gap_ms;
        heart->next = (uint8_t)((heart->next + 1) & 3);
        if (heart->count < 4) {
            heart->count++;
        }
        uint16_t sum_ms = 0; /* 4 x 2500 at most */
        for (uint8_t i = 0; i < heart->count; i++) {
            sum_ms = (uint16_t)(sum_ms + heart->rr_ms[i]);
        }
        *rate_bpm = (uint8_t)((60000UL * heart->count + sum_ms / 2) / sum_ms);
    }
    heart->has_last = true;
    heart->last_ms = at_ms;
    return true;
}
