#include "frame.h"

uint16_t frame_crc(const uint8_t *data, uint8_t size)
{
    uint16_t crc = 0xFFFF;
    while (size--) {
        crc = (uint16_t)(crc ^ ((uint16_t)*data++ << 8));
        for (uint8_t bit = 0; bit < 8; bit++) {
            crc = (uint16_t)((crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1);
        }
    }
    return crc;
}

int8_t frame_payload_size(uint8_t type)
{
    switch (type) {
    case VERSION_ASK: return 0;
    case HOST_HEARTBEAT: return 5;
    case BEAT: return 8;
    case BUTTON: return 5;
    case SKIN: return 8;
    case DRIVE: return 8;
    case ACK: return 2;
    case VERSION: return 5;
    case HEARTBEAT: return 5;
    case COUNTS: return 10;
    default: return -1;
    }
}

uint8_t frame_encode(uint8_t wire[FRAME_MAX_WIRE], uint8_t type, uint8_t sequence, const uint8_t *payload, uint8_t size)
{
    uint8_t body[FRAME_MAX_BODY];
    if (size > FRAME_MAX_PAYLOAD) {
        return 0;
    }
    body[0] = type;
    body[1] = PROTOCOL_VERSION;
    body[2] = sequence;
    for (uint8_t i = 0; i < size; i++) {
        body[3 + i] = payload[i];
    }
    uint8_t end = (uint8_t)(3 + size);
    uint16_t crc = frame_crc(body, end);
    body[end++] = (uint8_t)crc;
    body[end++] = (uint8_t)(crc >> 8);

    uint8_t at = 0;
    wire[at++] = 0;
    uint8_t mark = at++; /* where the length of the run under way goes */
    for (uint8_t i = 0; i < end; i++) {
        if (body[i]) {
            wire[at++] = body[i];
        } else {
            wire[mark] = (uint8_t)(at - mark);
            mark = at++;
        }
    }
    wire[mark] = (uint8_t)(at - mark);
    wire[at++] = 0;
    return at;
}

/* Undoes COBS in place; the length of the body, 0 when the bytes are none. */
static uint8_t decode(uint8_t *data, uint8_t size)
{
    uint8_t out = 0;
    uint8_t at = 0;
    while (at < size) {
        uint8_t code = data[at];
        if (code == 0 || code > size - at) {
            return 0;
        }
        for (uint8_t i = 1; i < code; i++) {
            data[out++] = data[at + i];
        }
        at = (uint8_t)(at + code);
        if (at < size) { /* no code is 0xFF here: a frame is shorter */
            data[out++] = 0;
        }
    }
    return out;
}

static bool read_frame(struct frame_parser *parser, struct frame *out)
{
    uint8_t *body = parser->buffer;
    uint8_t size = decode(body, parser->size);
    if (size < FRAME_OVERHEAD || size > FRAME_MAX_BODY) {
        return false;
    }
    size = (uint8_t)(size - 2);
    if (frame_crc(body, size) != (uint16_t)(body[size] | (uint16_t)body[size + 1] << 8) || body[1] != PROTOCOL_VERSION) {
        return false;
    }
    int8_t least = frame_payload_size(body[0]);
    out->type = body[0];
    out->sequence = body[2];
    out->known = least >= 0;
    out->size = (uint8_t)(size - 3);
    out->payload = body + 3;
    return least <= (int8_t)out->size;
}

static void count(struct frame_parser *parser, const struct frame *frame)
{
    if (parser->has_last) {
        parser->lost = (uint16_t)(parser->lost + (uint8_t)(frame->sequence - parser->last - 1));
    }
    parser->has_last = true;
    parser->last = frame->sequence;
    parser->frames++;
    parser->unknown = (uint16_t)(parser->unknown + !frame->known);
}

bool frame_feed(struct frame_parser *parser, uint8_t byte, struct frame *out)
{
    if (byte) {
        if (parser->size < FRAME_MAX_ENCODED) {
            parser->buffer[parser->size++] = byte;
        } else {
            parser->overflow = true; /* longer than any frame: the next zero ends it */
        }
        return false;
    }
    bool empty = parser->size == 0;
    bool sound = !empty && !parser->overflow && read_frame(parser, out);
    parser->size = 0;
    parser->overflow = false;
    if (sound) {
        count(parser, out);
    } else if (!empty) {
        parser->spoilt++;
    }
    return sound;
}
