/* Corrupted frames by the million through the receiver, each followed by a sound one: fuzz [COUNT] [SEED].
 * Prints how many were taken for messages that nobody sent, and ends with 1 when that is more than a 16-bit CRC allows
 * (three standard deviations over COUNT / 65536), or when a sound frame after the damage was missed. */
#include "frame.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4 * FRAME_MAX_WIRE };

static uint64_t state;

static uint32_t any(uint32_t below)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17; /* xorshift64 (Marsaglia 2003) */
    return (uint32_t)(state >> 32) % below;
}

struct sent {
    uint8_t type, sequence, size, payload[FRAME_MAX_PAYLOAD], wire[FRAME_MAX_WIRE], length;
};

static void make(struct sent *sent)
{
    static const uint8_t types[] = {VERSION_ASK, HOST_HEARTBEAT, BEAT, BUTTON, SKIN, DRIVE, ACK, VERSION, HEARTBEAT, COUNTS};
    sent->type = types[any(sizeof types)];
    sent->sequence = (uint8_t)any(256);
    sent->size = (uint8_t)frame_payload_size(sent->type);
    for (uint8_t i = 0; i < sent->size; i++) {
        sent->payload[i] = (uint8_t)any(256);
    }
    sent->length = frame_encode(sent->wire, sent->type, sent->sequence, sent->payload, sent->size);
}

static size_t corrupt(uint8_t *hurt, size_t length, const struct sent *other)
{
    static const unsigned times[] = {1, 1, 1, 2, 3, 8};
    for (unsigned left = times[any(6)]; left && length && length < MOST - FRAME_MAX_WIRE; left--) {
        size_t at = any((uint32_t)length);
        switch (any(7)) {
        case 0:
        case 1: hurt[at] = (uint8_t)(hurt[at] ^ 1u << any(8)); break;
        case 2: hurt[at] = (uint8_t)any(256); break;
        case 3:
            memmove(hurt + at + 1, hurt + at, length++ - at);
            hurt[at] = (uint8_t)any(256);
            break;
        case 4: memmove(hurt + at, hurt + at + 1, --length - at); break;
        case 5:
            for (size_t end = at + 1 + any(5); at < end && at < length; at++) {
                hurt[at] = (uint8_t)any(256);
            }
            break;
        default: { /* two frames run into one */
            size_t from = any(other->length);
            memcpy(hurt + at, other->wire + from, other->length - from);
            length = at + other->length - from;
        }
        }
    }
    return length;
}

static bool is(const struct frame *frame, const struct sent *sent)
{
    return frame->known && frame->type == sent->type && frame->sequence == sent->sequence &&
           !memcmp(frame->payload, sent->payload, sent->size);
}

int main(int count, char **words)
{
    unsigned long wanted = count > 1 ? strtoul(words[1], NULL, 10) : 1000000;
    state = 0x9E3779B97F4A7C15u ^ (count > 2 ? strtoul(words[2], NULL, 10) : 1);
    unsigned long corrupted = 0, whole = 0, false_ones = 0, missed = 0;
    static struct frame_parser parser;
    while (corrupted < wanted) {
        struct sent first, second, sound;
        struct frame frame;
        uint8_t hurt[MOST];
        make(&first), make(&second), make(&sound);
        memcpy(hurt, first.wire, first.length);
        size_t length = corrupt(hurt, first.length, &second);
        if (length == first.length && !memcmp(hurt, first.wire, length)) {
            continue;
        }
        corrupted++;
        bool read = false;
        for (size_t i = 0; i < length + sound.length; i++) {
            if (!frame_feed(&parser, i < length ? hurt[i] : sound.wire[i - length], &frame)) {
                continue;
            }
            if (i + 1 == length + sound.length) {
                read = is(&frame, &sound);
            } else if (is(&frame, &first) || is(&frame, &second)) {
                whole++; /* only bytes beside it were hurt */
            } else {
                false_ones++;
            }
        }
        missed += !read;
    }
    double mean = (double)wanted / 65536;
    printf("%lu corrupted frames: %lu false messages accepted (CRC-16 allows %.1f), %lu sent frames left whole by the damage, "
           "%lu sound frames missed after it\n",
           corrupted, false_ones, mean, whole, missed);
    return missed || (double)false_ones > mean + 3 * sqrt(mean);
}
