/* An Arduino Uno in simavr, paced to the wall clock: UART0 on a pseudo-terminal, pins on stdin and stdout.
 *   uno FIRMWARE.elf [BEATS_A_MINUTE]
 *   out: port /dev/pts/N | pin NAME LEVEL CHIP_US WALL_NS (CLOCK_MONOTONIC) | level motor PER_CENT CHIP_US WALL_NS
 *   in:  beat | contact 0|1 | button N 0|1 | volts CHANNEL MILLIVOLTS | reset | quit
 * Beats come from the chip's own clock, so their intervals are exact. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <simavr/avr_adc.h>
#include <simavr/avr_extint.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_timer.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { HZ = 16000000, SLICE = HZ / 1000, BYTES_A_SLICE = 11 /* 115200 baud */, PULSE = 20 /* slices that a beat is high */ };

static avr_t *avr;
static int terminal;
static int takes_bytes = 1;
static int pulse;

static long long wall_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void sent(struct avr_irq_t *irq, uint32_t value, void *unused)
{
    (void)irq, (void)unused;
    uint8_t byte = (uint8_t)value;
    if (write(terminal, &byte, 1) < 0) {
        /* nobody reads: a wire would lose it too */
    }
}

static void ready(struct avr_irq_t *irq, uint32_t value, void *how)
{
    (void)irq, (void)value;
    takes_bytes = how != NULL;
}

static void say(const char *what, const char *name, uint32_t value)
{
    printf("%s %s %u %llu %lld\n", what, name, value, (unsigned long long)(avr->cycle / 16), wall_ns());
    fflush(stdout);
}

static void pin(struct avr_irq_t *irq, uint32_t value, void *name)
{
    (void)irq;
    say("pin", name, value);
}

static void motor_pin(struct avr_irq_t *irq, uint32_t value, void *name)
{
    bool pwm_has_it = avr->data[0xB0] & 0x20; /* TCCR2A, COM2B1: told as a level */
    if (!pwm_has_it) {
        pin(irq, value, name);
    }
}

static void pwm(struct avr_irq_t *irq, uint32_t value, void *name)
{
    (void)irq;
    say("level", name, (value * 100 + 127) / 255);
}

static void set_pin(char port, int number, int level)
{
    avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(port), number), (uint32_t)level);
}

/* A pin of port D that something outside holds, whatever the chip pulls it to. */
static void hold_pin(int number, int level)
{
    static avr_ioport_external_t held = {.name = 'D', .mask = 0, .value = 0};
    unsigned mask = held.mask | 1u << number;
    held.mask = mask & 0xFF;
    mask = level ? held.value | 1u << number : held.value & ~(1u << number);
    held.value = mask & 0xFF;
    avr_ioctl(avr, AVR_IOCTL_IOPORT_SET_EXTERNAL('D'), &held);
    set_pin('D', number, !level); /* after a reset simavr's wire still holds what its pin forgot */
    set_pin('D', number, level);
}

static void no_sleep(avr_t *chip, avr_cycle_count_t cycles)
{
    (void)chip, (void)cycles; /* the pace is kept once a slice */
}

static void open_terminal(void)
{
    struct termios how;
    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) || unlockpt(terminal)) {
        perror("uno: pseudo-terminal");
        exit(1);
    }
    int end = open(ptsname(terminal), O_RDWR | O_NOCTTY); /* stays open: the terminal lives while no host has it */
    tcgetattr(end, &how);
    cfmakeraw(&how);
    tcsetattr(end, TCSANOW, &how);
    fcntl(terminal, F_SETFL, O_NONBLOCK);
    printf("port %s\n", ptsname(terminal));
    fflush(stdout);
}

static void wire_up(void)
{
    uint32_t flags = 0;
    avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
    flags &= ~(uint32_t)(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), sent, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XON), ready, "");
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XOFF), ready, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B'), 1), pin, "buzzer");
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B'), 5), pin, "lamp");
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), 3), motor_pin, "motor");
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_TIMER_GETIRQ('2'), TIMER_IRQ_OUT_PWM1), pwm, "motor");
}

static void rest_pins(void)
{
    for (uint8_t i = 0; i < 2; i++) { /* else simavr polls a low PD2 or PD3 each cycle, whatever edge is chosen */
        avr_extint_set_strict_lvl_trig(avr, i, 0);
    }
    hold_pin(4, 1), hold_pin(7, 1); /* buttons up */
    hold_pin(5, 0);                 /* electrode on */
    set_pin('D', 2, 0);
}

static void obey(const char *line)
{
    int a, b;
    if (!strncmp(line, "beat", 4)) {
        pulse = PULSE;
    } else if (sscanf(line, "contact %d", &a) == 1) {
        hold_pin(5, !a);
    } else if (sscanf(line, "button %d %d", &a, &b) == 2) {
        hold_pin(a ? 7 : 4, !b);
    } else if (sscanf(line, "volts %d %d", &a, &b) == 2) {
        avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_ADC0 + a), (uint32_t)b);
    } else if (!strncmp(line, "reset", 5)) {
        avr_reset(avr);
        rest_pins();
    } else if (!strncmp(line, "quit", 4)) {
        exit(0);
    }
}

/* Lines from stdin, as far as they are there; its end ends the program. */
static void listen(void)
{
    static char line[128];
    static size_t length;
    struct pollfd in = {STDIN_FILENO, POLLIN, 0};
    while (poll(&in, 1, 0) > 0) {
        if (read(STDIN_FILENO, line + length, 1) != 1) {
            exit(0);
        }
        if (line[length] == '\n' || length + 2 == sizeof line) {
            line[length] = 0;
            obey(line);
            length = 0;
        } else {
            length++;
        }
    }
}

int main(int count, char **words)
{
    elf_firmware_t firmware = {0};
    if (count < 2 || elf_read_firmware(words[1], &firmware)) {
        fputs("usage: uno FIRMWARE.elf [BEATS_A_MINUTE]\n", stderr);
        return 2;
    }
    double rate = count > 2 ? atof(words[2]) : 0;
    avr = avr_make_mcu_by_name("atmega328p");
    avr_init(avr);
    avr_load_firmware(avr, &firmware);
    avr->frequency = HZ;
    avr->sleep = no_sleep;
    avr->vcc = avr->avcc = avr->aref = 5000;
    avr->log = LOG_ERROR;
    wire_up();
    rest_pins();
    open_terminal();

    avr_cycle_count_t beat_every = rate > 0 ? (avr_cycle_count_t)(HZ * 60.0 / rate) : 0;
    avr_cycle_count_t goal = avr->cycle, next_beat = goal + beat_every;
    long long due_ns = wall_ns();
    for (;;) {
        goal += SLICE;
        while (avr->cycle < goal) {
            int state = avr_run(avr);
            if (state == cpu_Done || state == cpu_Crashed) {
                printf("stopped %d\n", state);
                return 1;
            }
        }
        uint8_t byte;
        for (int i = 0; takes_bytes && i < BYTES_A_SLICE && read(terminal, &byte, 1) == 1; i++) {
            avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT), byte);
        }
        if (beat_every && goal >= next_beat) {
            next_beat += beat_every;
            pulse = PULSE;
        }
        if (pulse) {
            set_pin('D', 2, --pulse > 0);
        }
        listen();
        due_ns += 1000000;
        long long ahead_ns = due_ns - wall_ns();
        if (ahead_ns > 0) {
            usleep((useconds_t)(ahead_ns / 1000));
        } else if (ahead_ns < -100000000LL) {
            due_ns = wall_ns(); /* the machine was busy: time lost is not made up for in a rush */
        }
    }
}
