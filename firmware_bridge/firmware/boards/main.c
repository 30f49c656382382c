#include "bridge.h"

int main(void)
{
    bridge_start();
    for (;;) {
        bridge_step();
    }
}
