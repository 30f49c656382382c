/* Raspberry Pi Pico (RP2040) on its 12 MHz crystal. Numbers are GPIOs.
 *   0, 1 UART0 115200 8N1   18 beat   19 electrode off (pulled up)   16, 17 buttons to ground
 *   15 buzzer   14 motor, by a transistor (PWM, 1.2 kHz)   25 lamp
 * The image leaves the first 256 bytes of flash to the second-stage boot loader of the Pico SDK. */
#include "cortex_m.h"

const uint8_t hal_board = BOARD_RP2040;

enum { HZ = 12000000 };
enum { RESETS = 0x4000C000, IO = 0x40014000, PADS = 0x4001C000, CLOCKS = 0x40008000, XOSC = 0x40024000,
       UART0 = 0x40034000, PWM = 0x40050000, WATCHDOG = 0x40058000 };
#define SIO 0xD0000000u
enum { BUZZER = 15, MOTOR = 14, LAMP = 25, ACKNOWLEDGE = 16, PRIVACY = 17, BEAT_PIN = 18, ELECTRODE_OFF = 19 };
enum { FUNCTION_UART = 2, FUNCTION_PWM = 4, FUNCTION_SIO = 5 };

static uint16_t overruns;

static void pin(unsigned number, uint32_t function, bool pull_up, bool pull_down)
{
    REGISTER(PADS + 4 + 4 * number) = 1u << 6 | 1u << 4 | 1u << 1 | (uint32_t)pull_up << 3 | (uint32_t)pull_down << 2;
    REGISTER(IO + 4 + 8 * number) = function;
}

void hal_start(void)
{
    uint32_t used = 1u << 5 | 1u << 8 | 1u << 14 | 1u << 22; /* IO, pads, PWM, UART0 */
    REGISTER(XOSC) = 0xAA0;
    REGISTER(XOSC + 0xC) = 47; /* a millisecond to start */
    REGISTER(XOSC) = 0xFABAA0;
    while (!(REGISTER(XOSC + 4) & 1u << 31)) {
    }
    REGISTER(CLOCKS + 0x30) = 2;        /* reference, and so system: the crystal */
    REGISTER(CLOCKS + 0x48) = 1u << 11; /* peripherals: the system's */
    REGISTER(RESETS + 0x3000) = used;   /* out of reset */
    while ((REGISTER(RESETS + 8) & used) != used) {
    }
    pin(0, FUNCTION_UART, false, false);
    pin(1, FUNCTION_UART, true, false);
    pin(BUZZER, FUNCTION_SIO, false, false);
    pin(LAMP, FUNCTION_SIO, false, false);
    pin(MOTOR, FUNCTION_PWM, false, false);
    pin(ACKNOWLEDGE, FUNCTION_SIO, true, false);
    pin(PRIVACY, FUNCTION_SIO, true, false);
    pin(ELECTRODE_OFF, FUNCTION_SIO, true, false);
    pin(BEAT_PIN, FUNCTION_SIO, false, true);
    REGISTER(SIO + 0x24) = 1u << BUZZER | 1u << LAMP;
    REGISTER(PWM + 0x90) = 100 << 4; /* slice 7: 12 MHz / 100 / 100 */
    REGISTER(PWM + 0x9C) = 99;
    REGISTER(PWM + 0x8C) = 1;
    REGISTER(UART0 + 0x24) = 6; /* 12 MHz / 16 / 115200 = 6 + 33/64 */
    REGISTER(UART0 + 0x28) = 33;
    REGISTER(UART0 + 0x2C) = 0x70;
    REGISTER(UART0 + 0x30) = 0x301;
    REGISTER(WATCHDOG + 0x2C) = 12 | 1u << 9; /* its tick: 1 us */
    REGISTER(WATCHDOG + 4) = 2000000;
    REGISTER(WATCHDOG) = 1u << 30;
    cortex_start_clock(HZ);
}

int16_t hal_read(void)
{
    if (REGISTER(UART0 + 0x18) & 1 << 4) {
        return -1;
    }
    uint32_t word = REGISTER(UART0);
    overruns = (uint16_t)(overruns + (word >> 11 & 1));
    return (uint8_t)word;
}

uint16_t hal_overruns(void)
{
    return overruns;
}

void hal_write(const uint8_t *data, uint8_t size)
{
    while (size--) {
        while (REGISTER(UART0 + 0x18) & 1 << 5) {
        }
        REGISTER(UART0) = *data++;
    }
}

void hal_drive(enum output output, uint8_t strength)
{
    if (output == OUTPUT_MOTOR) {
        REGISTER(PWM + 0x98) = strength;
    } else {
        REGISTER(SIO + (strength ? 0x14 : 0x18)) = 1u << (output == OUTPUT_BUZZER ? BUZZER : LAMP);
    }
}

bool hal_pressed(enum button button)
{
    return !(REGISTER(SIO + 4) & 1u << (button == BUTTON_ACKNOWLEDGE ? ACKNOWLEDGE : PRIVACY));
}

uint8_t hal_contact(void)
{
    return !(REGISTER(SIO + 4) & 1u << ELECTRODE_OFF);
}

bool board_beat_level(void)
{
    return REGISTER(SIO + 4) & 1u << BEAT_PIN;
}

void hal_idle(void)
{
    REGISTER(WATCHDOG + 4) = 2000000; /* 1 s: the counter falls by two a tick (erratum RP2040-E1) */
    __asm volatile("wfi");
}
