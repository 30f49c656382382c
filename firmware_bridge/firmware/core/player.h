/* Plays one output: so long on, so long off, so many times. */
#ifndef PLAYER_H
#define PLAYER_H

#include "hal.h"

#define TIMES_UNTIL_CHANGED 255

struct pattern {
    uint8_t strength; /* per cent; 0 is off */
    uint16_t on_ms, off_ms;
    uint8_t times; /* TIMES_UNTIL_CHANGED plays on */
};

struct player {
    struct pattern pattern;
    uint8_t left; /* times still to play, this one counted; 0 when silent */
    bool on;
    uint32_t since_ms;
};

void player_start(struct player *player, enum output output, const struct pattern *pattern, uint32_t now_ms);
void player_stop(struct player *player, enum output output);
void player_step(struct player *player, enum output output, uint32_t now_ms);

#endif
