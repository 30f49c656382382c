#include "bridge.h"

#include "frame.h"
#include "hal.h"
#include "heart.h"
#include "player.h"

enum {
    HEARTBEAT_MS = 500,
    SKIN_MS = 250,
    COUNTS_MS = 5000,
    NO_CONTACT_MS = 1000, /* a lost electrode is told again so often */
    HOST_SILENT_MS = 5000,
    RESEND_MS = 200,
    RESENDS = 5,
    BOUNCE_MS = 20 /* a contact rests this long before its change counts */
};

enum { FLAG_ALARM = 1, FLAG_ARMED = 2, FLAG_FIRST_OUTPUT = 4 }; /* then one bit an output */

struct contact {
    bool pressed, seen;
    uint32_t changed_ms;
};

static struct {
    struct frame_parser parser;
    uint8_t sequence;
    uint32_t heartbeat_ms, skin_ms, counts_ms; /* when they were last sent */
    bool host, armed, alarm;                   /* the host was heard; it wants to be missed; it is missed */
    uint32_t host_ms;
    struct player players[OUTPUTS];
    bool has_id[OUTPUTS];
    uint8_t ids[OUTPUTS]; /* of the newest drive */
    struct heart heart;
    uint32_t contact_ms; /* when the lost contact was last told */
    struct contact contacts[BUTTONS];
    uint8_t waiting; /* presses that wait their turn, a bit a button */
    uint32_t pressed_ms[BUTTONS];
    bool unanswered;
    uint8_t pressed, sent, sequences[RESENDS + 1]; /* the press under way, and the frames that told it */
    uint32_t sent_ms;
} now;

/* Harsh on purpose: it means that nobody watches the driver. */
static const struct pattern ALARM = {100, 300, 100, TIMES_UNTIL_CHANGED};

static uint8_t *put16(uint8_t *at, uint16_t value)
{
    *at++ = (uint8_t)value;
    *at++ = (uint8_t)(value >> 8);
    return at;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    return put16(put16(at, (uint16_t)value), (uint16_t)(value >> 16));
}

static uint8_t send(uint8_t type, const uint8_t *payload, uint8_t size)
{
    uint8_t wire[FRAME_MAX_WIRE];
    hal_write(wire, frame_encode(wire, type, now.sequence, payload, size));
    return now.sequence++;
}

static void acknowledge(const struct frame *frame)
{
    uint8_t payload[2] = {frame->sequence, frame->type};
    send(ACK, payload, sizeof payload);
}

static void all_off(void)
{
    for (uint8_t i = 0; i < OUTPUTS; i++) {
        player_stop(&now.players[i], (enum output)i);
        now.has_id[i] = false;
    }
}

static void take_drive(const uint8_t *p, uint32_t t_ms)
{
    uint8_t output = p[0];
    if (output >= OUTPUTS || now.alarm) {
        return; /* without a heartbeat the alarm goes on */
    }
    if (now.has_id[output] && now.ids[output] == p[7]) {
        return; /* sent again */
    }
    now.has_id[output] = true;
    now.ids[output] = p[7];
    struct pattern pattern = {p[1] > 100 ? 100 : p[1], (uint16_t)(p[2] | (uint16_t)p[3] << 8),
                              (uint16_t)(p[4] | (uint16_t)p[5] << 8), p[6]};
    player_start(&now.players[output], (enum output)output, &pattern, t_ms);
}

static void take(const struct frame *frame, uint32_t t_ms)
{
    const uint8_t *p = frame->payload;
    switch (frame->type) {
    case VERSION_ASK: {
        uint8_t payload[5] = {PROTOCOL_VERSION, FIRMWARE_MAJOR, FIRMWARE_MINOR, FIRMWARE_PATCH, hal_board};
        send(VERSION, payload, sizeof payload);
        for (uint8_t i = 0; i < OUTPUTS; i++) {
            now.has_id[i] = false; /* a new host counts anew */
        }
        break;
    }
    case HOST_HEARTBEAT:
        now.host = true;
        now.host_ms = t_ms;
        now.armed = p[4] & 1;
        if (now.alarm) {
            now.alarm = false;
            all_off();
        }
        acknowledge(frame);
        break;
    case DRIVE:
        take_drive(p, t_ms);
        acknowledge(frame);
        break;
    case ACK:
        for (uint8_t i = 0; now.unanswered && i < now.sent; i++) {
            if (p[1] == BUTTON && p[0] == now.sequences[i]) {
                now.unanswered = false;
            }
        }
        break;
    default:
        break; /* the parser has counted it */
    }
}

/* An armed host that falls silent is missed aloud; an unarmed one takes its lasting sounds along. */
static void watch_host(uint32_t t_ms)
{
    if (!now.host || t_ms - now.host_ms < HOST_SILENT_MS) {
        return;
    }
    now.host = false;
    all_off();
    if (now.armed) {
        now.alarm = true;
        for (uint8_t i = 0; i < OUTPUTS; i++) {
            player_start(&now.players[i], (enum output)i, &ALARM, t_ms);
        }
    }
}

static void press(enum button button, uint32_t t_ms)
{
    if (now.alarm && button == BUTTON_ACKNOWLEDGE) {
        now.alarm = now.armed = false; /* heard: quiet until a host is here again */
        all_off();
    }
    now.waiting = (uint8_t)(now.waiting | 1 << button);
    now.pressed_ms[button] = t_ms;
}

static void watch_buttons(uint32_t t_ms)
{
    for (uint8_t i = 0; i < BUTTONS; i++) {
        struct contact *contact = &now.contacts[i];
        bool seen = hal_pressed((enum button)i);
        if (seen != contact->seen) {
            contact->seen = seen;
            contact->changed_ms = t_ms;
        } else if (seen != contact->pressed && t_ms - contact->changed_ms >= BOUNCE_MS) {
            contact->pressed = seen;
            if (seen) {
                press((enum button)i, t_ms);
            }
        }
    }
}

static void tell_presses(uint32_t t_ms)
{
    if (!now.unanswered) {
        for (uint8_t i = 0; i < BUTTONS && !now.unanswered; i++) {
            if (now.waiting & 1 << i) {
                now.waiting = (uint8_t)(now.waiting & ~(1 << i));
                now.unanswered = true;
                now.pressed = i;
                now.sent = 0;
            }
        }
    } else if (t_ms - now.sent_ms < RESEND_MS) {
        return;
    }
    if (now.unanswered && now.sent > RESENDS) {
        now.unanswered = false;
    }
    if (now.unanswered) {
        uint8_t payload[5];
        *put32(payload, now.pressed_ms[now.pressed]) = now.pressed;
        now.sequences[now.sent++] = send(BUTTON, payload, sizeof payload);
        now.sent_ms = t_ms;
    }
}

static bool due(uint32_t *last_ms, uint16_t every_ms, uint32_t t_ms)
{
    if (t_ms - *last_ms < every_ms) {
        return false;
    }
    *last_ms += every_ms;
    return true;
}

static void send_beat(uint32_t at_ms, uint16_t rr_ms, uint8_t rate_bpm, uint8_t contact)
{
    uint8_t payload[8];
    uint8_t *at = put16(put32(payload, at_ms), rr_ms);
    *at++ = rate_bpm;
    *at = contact;
    send(BEAT, payload, sizeof payload);
}

static void tell_beats(uint32_t t_ms)
{
    uint8_t contact = hal_contact();
    uint32_t at_ms;
    while (hal_beat(&at_ms)) {
        uint16_t rr_ms;
        uint8_t rate_bpm;
        if (contact && heart_beat(&now.heart, at_ms, &rr_ms, &rate_bpm)) {
            send_beat(at_ms, rr_ms, rate_bpm, contact);
        }
    }
    if (contact) {
        now.contact_ms = t_ms - NO_CONTACT_MS;
    } else {
        heart_forget(&now.heart);
        if (due(&now.contact_ms, NO_CONTACT_MS, t_ms)) {
            send_beat(t_ms, 0, 0, 0);
        }
    }
}

static void send_heartbeat(uint32_t t_ms)
{
    uint8_t payload[5];
    uint8_t flags = (uint8_t)((now.alarm ? FLAG_ALARM : 0) | (now.armed ? FLAG_ARMED : 0));
    for (uint8_t i = 0; i < OUTPUTS; i++) {
        if (now.players[i].left) {
            flags = (uint8_t)(flags | FLAG_FIRST_OUTPUT << i);
        }
    }
    *put32(payload, t_ms) = flags;
    send(HEARTBEAT, payload, sizeof payload);
}

static void tell_regularly(uint32_t t_ms)
{
    uint8_t payload[10];
    if (due(&now.heartbeat_ms, HEARTBEAT_MS, t_ms)) {
        send_heartbeat(t_ms);
    }
    if (due(&now.skin_ms, SKIN_MS, t_ms)) {
        int16_t temperature = hal_temperature();
        uint16_t conductance = hal_conductance();
        if (temperature != TEMPERATURE_UNKNOWN || conductance != CONDUCTANCE_UNKNOWN) {
            put16(put16(put32(payload, t_ms), (uint16_t)temperature), conductance);
            send(SKIN, payload, 8);
        }
    }
    if (due(&now.counts_ms, COUNTS_MS, t_ms)) {
        const struct frame_parser *c = &now.parser;
        put16(put16(put16(put16(put16(payload, c->frames), c->lost), c->spoilt), c->unknown), hal_overruns());
        send(COUNTS, payload, 10);
    }
}

void bridge_start(void)
{
    hal_start();
    all_off();
    for (uint8_t i = 0; i < BUTTONS; i++) { /* one that is down already is stuck, not pressed */
        now.contacts[i].pressed = now.contacts[i].seen = hal_pressed((enum button)i);
    }
    now.heartbeat_ms = now.skin_ms = now.counts_ms = hal_ms();
    send_heartbeat(hal_ms()); /* the first word after a restart */
}

void bridge_step(void)
{
    int16_t byte;
    struct frame frame;
    uint8_t most = 64; /* noise without end must not keep the alarm waiting */
    while (most-- && (byte = hal_read()) >= 0) {
        if (frame_feed(&now.parser, (uint8_t)byte, &frame) && frame.known) {
            take(&frame, hal_ms());
        }
    }
    uint32_t t_ms = hal_ms();
    watch_host(t_ms);
    watch_buttons(t_ms);
    for (uint8_t i = 0; i < OUTPUTS; i++) {
        player_step(&now.players[i], (enum output)i, t_ms);
    }
    tell_beats(t_ms);
    tell_presses(t_ms);
    tell_regularly(t_ms);
    hal_idle();
}
