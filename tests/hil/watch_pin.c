/* watch_pin FILE: prints "LEVEL CLOCK_MONOTONIC_NS" when the file, a line's value in sysfs, changes; looks five thousand times a second. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **words)
{
    char level, before = 0;
    int file = count > 1 ? open(words[1], O_RDONLY) : -1;
    if (file < 0) {
        perror("watch_pin");
        return 1;
    }
    for (;;) {
        struct timespec t;
        if (pread(file, &level, 1, 0) == 1 && level != before) {
            clock_gettime(CLOCK_MONOTONIC, &t);
            printf("%c %lld\n", level, t.tv_sec * 1000000000LL + t.tv_nsec);
            fflush(stdout);
            before = level;
        }
        usleep(200);
    }
}
