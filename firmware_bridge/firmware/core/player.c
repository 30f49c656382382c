#include "player.h"

static void turn(struct player *player, enum output output, bool on)
{
    player->on = on;
    hal_drive(output, on ? player->pattern.strength : 0);
}

void player_stop(struct player *player, enum output output)
{
    player->left = 0;
    turn(player, output, false);
}

void player_start(struct player *player, enum output output, const struct pattern *pattern, uint32_t now_ms)
{
    player->pattern = *pattern;
    if (!pattern->strength || !pattern->on_ms || !pattern->times) {
        player_stop(player, output);
        return;
    }
    player->left = pattern->times;
    player->since_ms = now_ms;
    turn(player, output, true);
}

void player_step(struct player *player, enum output output, uint32_t now_ms)
{
    while (player->left) {
        uint16_t span_ms = player->on ? player->pattern.on_ms : player->pattern.off_ms;
        if (now_ms - player->since_ms < span_ms) {
            return;
        }
        player->since_ms += span_ms;
        if (player->on) {
            bool last = player->left == 1;
            if (player->left != TIMES_UNTIL_CHANGED) {
                player->left--;
            }
            if (last || player->pattern.off_ms) {
                turn(player, output, false);
            }
        } else {
            turn(player, output, true);
        }
    }
}
