/* Frames of the bridge: COBS, type, version, sequence, payload, CRC-16. PROTOCOL.md is the text. No heap. */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PROTOCOL_VERSION = 1,
    FRAME_MAX_PAYLOAD = 48,
    FRAME_OVERHEAD = 5, /* type, version, sequence, CRC */
    FRAME_MAX_BODY = FRAME_MAX_PAYLOAD + FRAME_OVERHEAD,
    FRAME_MAX_ENCODED = FRAME_MAX_BODY + 1, /* a body under 254 bytes grows by one byte in COBS */
    FRAME_MAX_WIRE = FRAME_MAX_ENCODED + 2  /* a zero before and after */
};

enum message_type {
    VERSION_ASK = 0x01,
    HOST_HEARTBEAT = 0x02,
    BEAT = 0x10,
    BUTTON = 0x11,
    SKIN = 0x12,
    DRIVE = 0x20,
    ACK = 0x7F,
    VERSION = 0x81,
    HEARTBEAT = 0x82,
    COUNTS = 0x83
};

struct frame {
    uint8_t type;
    uint8_t sequence;
    bool known;             /* a type that this protocol has, with all its fields */
    uint8_t size;           /* bytes of payload */
    const uint8_t *payload; /* inside the parser, until the next byte is fed */
};

struct frame_parser {
    uint16_t frames, lost, spoilt, unknown; /* modulo 65536 */
    uint8_t buffer[FRAME_MAX_ENCODED];
    uint8_t size;
    bool overflow;
    bool has_last;
    uint8_t last; /* sequence of the frame before */
};

/* CRC-16/CCITT-FALSE. */
uint16_t frame_crc(const uint8_t *data, uint8_t size);

/* Payload bytes that a type has at least; -1 for a type that is not known. */
int8_t frame_payload_size(uint8_t type);

/* Writes a frame as it goes on the wire, with its zero before and after; returns its length. */
uint8_t frame_encode(uint8_t wire[FRAME_MAX_WIRE], uint8_t type, uint8_t sequence, const uint8_t *payload, uint8_t size);

/* Takes one byte from the wire; true when it ends a sound frame. What is no frame is counted and left out. */
bool frame_feed(struct frame_parser *parser, uint8_t byte, struct frame *out);

#endif
