/* What the Cortex-M boards share: start-up, the millisecond, beats seen once a millisecond. */
#ifndef CORTEX_M_H
#define CORTEX_M_H

#include "hal.h"

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

int main(void);
void cortex_start_clock(uint32_t hz);
bool board_beat_level(void);  /* the beat pin, high during a beat */
void board_interrupt(void);   /* the one interrupt a board may use besides the clock's */

#endif
