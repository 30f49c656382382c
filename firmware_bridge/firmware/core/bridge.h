/* The bridge: heart beats, skin and buttons to the host; buzzer, motor and lamp from it; an alarm of its own without it. */
#ifndef BRIDGE_H
#define BRIDGE_H

#define FIRMWARE_MAJOR 1
#define FIRMWARE_MINOR 0
#define FIRMWARE_PATCH 0

void bridge_start(void);
void bridge_step(void); /* call it without end; it never waits */

#endif
