#include "cortex_m.h"

extern uint32_t data_start, data_end, data_load, bss_start, bss_end, stack_top;

static volatile uint32_t ms, beat_ms;
static volatile bool beat_waits;

void reset(void);
void stop(void);
void millisecond(void);
void no_interrupt(void);

void millisecond(void)
{
    static bool before;
    bool level = board_beat_level();
    ms++;
    if (level && !before) {
        beat_ms = ms;
        beat_waits = true;
    }
    before = level;
}

void stop(void)
{
    for (;;) { /* the watchdog restarts the chip */
    }
}

void no_interrupt(void) {}
void board_interrupt(void) __attribute__((weak, alias("no_interrupt")));

void reset(void)
{
    const uint32_t *from = &data_load;
    for (uint32_t *to = &data_start; to < &data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = &bss_start; to < &bss_end;) {
        *to++ = 0;
    }
    main();
}

void cortex_start_clock(uint32_t hz)
{
    REGISTER(0xE000E014) = hz / 1000 - 1;
    REGISTER(0xE000E018) = 0;
    REGISTER(0xE000E010) = 7;
}

uint32_t hal_ms(void)
{
    return ms;
}

bool hal_beat(uint32_t *at_ms)
{
    if (!beat_waits) {
        return false;
    }
    beat_waits = false; /* beats are 250 ms apart and more */
    *at_ms = beat_ms;
    return true;
}

int16_t hal_temperature(void)
{
    return TEMPERATURE_UNKNOWN; /* no such sensor is read on these boards */
}

uint16_t hal_conductance(void)
{
    return CONDUCTANCE_UNKNOWN;
}

typedef void (*handler)(void);

#ifndef BOARD_INTERRUPT
#define BOARD_INTERRUPT 0
#endif

__attribute__((section(".vectors"), used)) static const struct {
    void *stack;
    handler system[15], board[68];
} vectors = {
    &stack_top,
    {reset, stop, stop, stop, stop, stop, 0, 0, 0, 0, stop, stop, 0, stop, millisecond},
    {[BOARD_INTERRUPT] = board_interrupt},
};
