/* STM32F405 on its own 16 MHz clock.
 *   PA9, PA10 USART1 115200 8N1   PB2 beat   PB4 electrode off (pulled up)   PB0, PB1 buttons to ground
 *   PA8 buzzer   PA0 motor, by a transistor (TIM2, 1 kHz)   PA5 lamp */
#include "cortex_m.h"

const uint8_t hal_board = BOARD_STM32F405;

enum { HZ = 16000000, RECEIVED = 128 };
enum { GPIOA = 0x40020000, GPIOB = 0x40020400, RCC = 0x40023800, USART1 = 0x40011000, TIM2 = 0x40000000, IWDG = 0x40003000 };
enum { MODE = 0x00, PULL = 0x0C, IN = 0x10, SET = 0x18, AF_LOW = 0x20, AF_HIGH = 0x24 };

static volatile uint8_t received[RECEIVED], received_in, received_out;
static volatile uint16_t overruns;

void board_interrupt(void)
{
    bool missed = REGISTER(USART1) & 1 << 3;
    uint8_t byte = (uint8_t)REGISTER(USART1 + 4);
    uint8_t next = (uint8_t)((received_in + 1) % RECEIVED);
    if (missed || next == received_out) {
        overruns++;
    }
    if (next != received_out) {
        received[received_in] = byte;
        received_in = next;
    }
}

void hal_start(void)
{
    REGISTER(RCC + 0x30) |= 3;       /* GPIO A, B */
    REGISTER(RCC + 0x40) |= 1;       /* TIM2 */
    REGISTER(RCC + 0x44) |= 1 << 4;  /* USART1 */
    REGISTER(GPIOA + AF_HIGH) = 0x770;
    REGISTER(GPIOA + AF_LOW) = 1;
    REGISTER(GPIOA + MODE) |= 2u << 18 | 2u << 20 | 1u << 16 | 2u << 0 | 1u << 10;
    REGISTER(GPIOB + PULL) = 1u << 0 | 1u << 2 | 2u << 4 | 1u << 8;
    REGISTER(GPIOB + MODE) &= ~(3u << 8); /* PB4 is a debug pin after reset */
    REGISTER(USART1 + 8) = HZ / 115200;
    REGISTER(USART1 + 0xC) = 1 << 13 | 1 << 5 | 1 << 3 | 1 << 2;
    REGISTER(TIM2 + 0x28) = 159; /* 100 kHz */
    REGISTER(TIM2 + 0x2C) = 99;
    REGISTER(TIM2 + 0x18) = 6 << 4;
    REGISTER(TIM2 + 0x20) = 1;
    REGISTER(TIM2) = 1;
    REGISTER(0xE000E104) = 1 << (37 - 32); /* USART1's interrupt */
    REGISTER(IWDG) = 0xCCCC;               /* 512 ms at 32 kHz */
    cortex_start_clock(HZ);
}

int16_t hal_read(void)
{
    if (received_in == received_out) {
        return -1;
    }
    uint8_t byte = received[received_out];
    received_out = (uint8_t)((received_out + 1) % RECEIVED);
    return byte;
}

uint16_t hal_overruns(void)
{
    return overruns;
}

void hal_write(const uint8_t *data, uint8_t size)
{
    while (size--) {
        while (!(REGISTER(USART1) & 1 << 7)) {
        }
        REGISTER(USART1 + 4) = *data++;
    }
}

void hal_drive(enum output output, uint8_t strength)
{
    if (output == OUTPUT_MOTOR) {
        REGISTER(TIM2 + 0x34) = strength;
    } else {
        uint32_t pin = output == OUTPUT_BUZZER ? 8 : 5;
        REGISTER(GPIOA + SET) = 1u << (strength ? pin : pin + 16);
    }
}

bool hal_pressed(enum button button)
{
    return !(REGISTER(GPIOB + IN) & 1u << button);
}

uint8_t hal_contact(void)
{
    return !(REGISTER(GPIOB + IN) & 1 << 4);
}

bool board_beat_level(void)
{
    return REGISTER(GPIOB + IN) & 1 << 2;
}

void hal_idle(void)
{
    REGISTER(IWDG) = 0xAAAA;
    __asm volatile("wfi");
}
