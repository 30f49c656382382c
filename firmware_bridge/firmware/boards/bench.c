/* The core on a bench without time or pins of its own: each line in is a happening, each line out an act.
 *   in:  t MS (turn once a millisecond until then) | rx HEX | beat | contact 0|1|255 | button N 0|1 | skin CENTIDEGREES CENTI_US
 *   out: MS tx HEX | MS out N STRENGTH
 * and what needs no bridge:
 *   in:  parse HEX  (goes through one parser of its own)      out: frame TYPE SEQUENCE HEX, or frame TYPE SEQUENCE unknown
 *   in:  counts                                               out: counts FRAMES LOST SPOILT UNKNOWN
 *   in:  encode TYPE SEQUENCE HEX                             out: wire HEX
 * Every line in is answered by its lines and then one line "." */
#include "bridge.h"
#include "frame.h"
#include "hal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint8_t hal_board = BOARD_BENCH;

static uint32_t ms, beats[64];
static uint8_t waiting[1 << 16];
static size_t waiting_in, waiting_out;
static unsigned beats_in, beats_out;
static bool pressed[BUTTONS];
static uint8_t contact = 1;
static int16_t temperature = TEMPERATURE_UNKNOWN;
static uint16_t conductance = CONDUCTANCE_UNKNOWN;

static void print_hex(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        printf("%02x", data[i]);
    }
    putchar('\n');
}

void hal_start(void) {}
uint32_t hal_ms(void) { return ms; }
int16_t hal_read(void) { return waiting_in == waiting_out ? -1 : waiting[waiting_out++]; }
uint16_t hal_overruns(void) { return 0; }
void hal_write(const uint8_t *data, uint8_t size)
{
    printf("%lu tx ", (unsigned long)ms);
    print_hex(data, size);
}
void hal_drive(enum output output, uint8_t strength) { printf("%lu out %d %u\n", (unsigned long)ms, output, strength); }
bool hal_pressed(enum button button) { return pressed[button]; }
bool hal_beat(uint32_t *at_ms)
{
    if (beats_in == beats_out) {
        return false;
    }
    *at_ms = beats[beats_out++ % 64];
    return true;
}
uint8_t hal_contact(void) { return contact; }
int16_t hal_temperature(void) { return temperature; }
uint16_t hal_conductance(void) { return conductance; }
void hal_idle(void) {}

static size_t read_hex(const char *text, uint8_t *data, size_t most)
{
    size_t size = 0;
    unsigned byte;
    while (size < most && sscanf(text, "%2x", &byte) == 1) {
        data[size++] = (uint8_t)byte;
        text += 2;
    }
    return size;
}

static void parse(const char *hex)
{
    static struct frame_parser parser;
    static uint8_t data[sizeof waiting];
    struct frame frame;
    if (!hex) {
        printf("counts %u %u %u %u\n", parser.frames, parser.lost, parser.spoilt, parser.unknown);
        return;
    }
    size_t size = read_hex(hex, data, sizeof data);
    for (size_t i = 0; i < size; i++) {
        if (!frame_feed(&parser, data[i], &frame)) {
            continue;
        }
        printf("frame %u %u ", frame.type, frame.sequence);
        if (frame.known) {
            print_hex(frame.payload, (size_t)frame_payload_size(frame.type));
        } else {
            puts("unknown");
        }
    }
}

static void encode(unsigned type, unsigned sequence, const char *hex)
{
    uint8_t payload[FRAME_MAX_PAYLOAD + 1], wire[FRAME_MAX_WIRE];
    size_t size = read_hex(hex, payload, sizeof payload);
    uint8_t length = frame_encode(wire, (uint8_t)type, (uint8_t)sequence, payload, (uint8_t)size);
    fputs("wire ", stdout);
    print_hex(wire, length);
}

static void obey(char *line)
{
    unsigned a, b;
    int c, at = 0;
    unsigned long until;
    if (sscanf(line, "t %lu", &until) == 1) {
        while (ms != (uint32_t)until) {
            ms++;
            bridge_step();
        }
    } else if (!strncmp(line, "rx ", 3)) {
        if (waiting_in == waiting_out) {
            waiting_in = waiting_out = 0;
        }
        waiting_in += read_hex(line + 3, waiting + waiting_in, sizeof waiting - waiting_in);
    } else if (!strncmp(line, "parse ", 6)) {
        parse(line + 6);
    } else if (!strncmp(line, "counts", 6)) {
        parse(NULL);
    } else if (sscanf(line, "encode %u %u%n", &a, &b, &at) == 2) {
        encode(a, b, line[at] == ' ' ? line + at + 1 : "");
    } else if (!strncmp(line, "beat", 4)) {
        if (beats_in - beats_out < 64) {
            beats[beats_in++ % 64] = ms;
        }
    } else if (sscanf(line, "contact %u", &a) == 1) {
        contact = (uint8_t)a;
    } else if (sscanf(line, "button %u %u", &a, &b) == 2 && a < BUTTONS) {
        pressed[a] = b;
    } else if (sscanf(line, "skin %d %u", &c, &b) == 2) {
        temperature = (int16_t)c;
        conductance = (uint16_t)b;
    } else {
        fprintf(stderr, "what is this? %s", line);
        exit(2);
    }
    puts(".");
    fflush(stdout);
}

int main(void)
{
    static char line[2 * sizeof waiting + 16];
    bridge_start();
    puts(".");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        obey(line);
    }
    return 0;
}
