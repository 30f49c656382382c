/* What a board gives the core. Times are milliseconds since it started, modulo 2^32. */
#ifndef HAL_H
#define HAL_H

#include <stdbool.h>
#include <stdint.h>

enum board { BOARD_BENCH = 0, BOARD_SIMULATOR = 1, BOARD_ATMEGA328P = 2, BOARD_RP2040 = 3, BOARD_STM32F405 = 4 };
enum output { OUTPUT_BUZZER, OUTPUT_MOTOR, OUTPUT_LAMP, OUTPUTS };
enum button { BUTTON_ACKNOWLEDGE, BUTTON_PRIVACY, BUTTONS };

#define TEMPERATURE_UNKNOWN INT16_MIN
#define CONDUCTANCE_UNKNOWN UINT16_MAX
#define CONTACT_UNKNOWN 255

extern const uint8_t hal_board;

void hal_start(void);
uint32_t hal_ms(void);
int16_t hal_read(void);                               /* a byte from the host, or -1 */
uint16_t hal_overruns(void);                          /* bytes that came faster than they were read */
void hal_write(const uint8_t *data, uint8_t size);    /* to the host */
void hal_drive(enum output output, uint8_t strength); /* per cent; a buzzer and a lamp know only 0 and more */
bool hal_pressed(enum button button);                 /* now, bouncing */
bool hal_beat(uint32_t *at_ms);                       /* a heart beat that was not told yet */
uint8_t hal_contact(void);                            /* electrode on the skin: 0, 1, CONTACT_UNKNOWN */
int16_t hal_temperature(void);                        /* 0.01 degC, or TEMPERATURE_UNKNOWN */
uint16_t hal_conductance(void);                       /* 0.01 uS, or CONDUCTANCE_UNKNOWN */
void hal_idle(void);                                  /* rest until something may have happened; feed the watchdog */

#endif
