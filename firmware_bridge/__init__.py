"""The serial link to the microcontroller that carries the wearable's beats, the button and the watchdog."""
