/* Arduino Uno or Nano (ATmega328P, 16 MHz). Names in brackets are the board's.
 *   PD2 [2]  in   beat: a rising edge a heart beat (AD8232 behind a comparator, a pulse sensor's logic output)
 *   PD5 [5]  in   electrode off: high (pulled up) when there is no contact (AD8232's LO+)
 *   PD4 [4]  in   acknowledge button to ground      PD7 [7]  in   privacy button to ground
 *   PB1 [9]  out  buzzer                            PD3 [3]  out  motor, by a transistor (PWM, 976 Hz)
 *   PB5 [13] out  lamp                              PC0 [A0] in   TMP36 (with -DHAS_TEMPERATURE)
 *   PC1 [A1] in   skin conductance (with -DHAS_CONDUCTANCE): skin to VCC, 100 kOhm to ground
 * UART0 115200 8N1 is the board's USB port. The chip's watchdog restarts it after a second of standing still. */
#include "hal.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

const uint8_t hal_board = BOARD_ATMEGA328P;

enum { RECEIVED = 128, BEATS = 4 };

static volatile uint32_t ms;
static volatile uint8_t received[RECEIVED], received_in, received_out;
static volatile uint16_t overruns;
static volatile uint32_t beats_ms[BEATS];
static volatile uint8_t beats_in, beats_out;

/* The watchdog stays on through a reset that it made, with its shortest time: off before anything else. */
__attribute__((naked, used, section(".init3"))) void watchdog_off(void)
{
    MCUSR = 0;
    wdt_disable();
}

ISR(TIMER1_COMPA_vect)
{
    ms++;
}

ISR(USART_RX_vect)
{
    bool missed = UCSR0A & 1 << DOR0;
    uint8_t byte = UDR0;
    uint8_t next = (received_in + 1) & (RECEIVED - 1);
    if (missed || next == received_out) {
        overruns++;
    }
    if (next != received_out) {
        received[received_in] = byte;
        received_in = next;
    }
}

ISR(INT0_vect)
{
    uint8_t next = (beats_in + 1) & (BEATS - 1);
    if (next != beats_out) {
        beats_ms[beats_in] = ms;
        beats_in = next;
    }
}

void hal_start(void)
{
    UBRR0 = 16; /* 117647 baud, 2.1 % over 115200, as the board's own boot loader */
    UCSR0A = 1 << U2X0;
    UCSR0B = 1 << RXEN0 | 1 << TXEN0 | 1 << RXCIE0;
    UCSR0C = 3 << UCSZ00;
    DDRB = 1 << PB1 | 1 << PB5;
    DDRD = 1 << PD3;
    PORTD = 1 << PD4 | 1 << PD5 | 1 << PD7; /* pulled up */
    EICRA = 1 << ISC01 | 1 << ISC00;
    EIMSK = 1 << INT0;
    TCCR1B = 1 << WGM12 | 1 << CS11 | 1 << CS10; /* 250 kHz */
    OCR1A = 249;
    TIMSK1 = 1 << OCIE1A;
    TCCR2A = 1 << WGM21 | 1 << WGM20;
    TCCR2B = 1 << CS22;
    ADMUX = 1 << REFS0;
    ADCSRA = 1 << ADEN | 7 << ADPS0;
    set_sleep_mode(SLEEP_MODE_IDLE);
    wdt_enable(WDTO_1S);
    sei();
}

uint32_t hal_ms(void)
{
    uint8_t before = SREG;
    cli();
    uint32_t value = ms;
    SREG = before;
    return value;
}

int16_t hal_read(void)
{
    if (received_in == received_out) {
        return -1;
    }
    uint8_t byte = received[received_out];
    received_out = (received_out + 1) & (RECEIVED - 1);
    return byte;
}

uint16_t hal_overruns(void)
{
    uint8_t before = SREG;
    cli();
    uint16_t value = overruns;
    SREG = before;
    return value;
}

void hal_write(const uint8_t *data, uint8_t size)
{
    while (size--) {
        while (!(UCSR0A & 1 << UDRE0)) {
        }
        UDR0 = *data++;
    }
}

static void set(volatile uint8_t *port, uint8_t bit, bool high)
{
    *port = (uint8_t)(high ? *port | 1 << bit : *port & ~(1 << bit));
}

void hal_drive(enum output output, uint8_t strength)
{
    switch (output) {
    case OUTPUT_BUZZER: set(&PORTB, PB1, strength); break;
    case OUTPUT_LAMP: set(&PORTB, PB5, strength); break;
    case OUTPUT_MOTOR:
        OCR2B = (uint8_t)(strength * 51u / 20u);
        set(&TCCR2A, COM2B1, strength > 0 && strength < 100);
        set(&PORTD, PD3, strength == 100);
        break;
    default: break;
    }
}

bool hal_pressed(enum button button)
{
    return !(PIND & 1 << (button == BUTTON_ACKNOWLEDGE ? PD4 : PD7));
}

bool hal_beat(uint32_t *at_ms)
{
    if (beats_in == beats_out) {
        return false;
    }
    *at_ms = beats_ms[beats_out]; /* written before beats_in moved on */
    beats_out = (beats_out + 1) & (BEATS - 1);
    return true;
}

uint8_t hal_contact(void)
{
    return !(PIND & 1 << PD5);
}

#if defined(HAS_TEMPERATURE) || defined(HAS_CONDUCTANCE)
static uint16_t convert(uint8_t channel)
{
    ADMUX = (uint8_t)(1 << REFS0 | channel);
    ADCSRA |= 1 << ADSC;
    while (ADCSRA & 1 << ADSC) {
    }
    return ADC;
}
#endif

int16_t hal_temperature(void)
{
#ifdef HAS_TEMPERATURE
    uint16_t mv = (uint16_t)((uint32_t)convert(0) * 5000 / 1024);
    return mv < 100 || mv > 1750 ? TEMPERATURE_UNKNOWN : (int16_t)((mv - 500) * 10); /* TMP36: -40 to 125 degC */
#else
    return TEMPERATURE_UNKNOWN;
#endif
}

uint16_t hal_conductance(void)
{
#ifdef HAS_CONDUCTANCE
    uint16_t level = convert(1);
    return level > 1000 ? CONDUCTANCE_UNKNOWN : (uint16_t)((uint32_t)level * 1000 / (1024 - level)); /* above: a short */
#else
    return CONDUCTANCE_UNKNOWN;
#endif
}

void hal_idle(void)
{
    wdt_reset();
    sleep_mode(); /* the next millisecond wakes it */
}
