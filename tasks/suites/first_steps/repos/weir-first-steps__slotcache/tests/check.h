#ifndef CHECK_H
#define CHECK_H

/* Every case runs in a process of its own, so that one which crashes or hangs
 * does not keep the others from running. */

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct check_case {
    const char *name;
    void (*run)(void);
};

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (!(condition)) {                                                     \
            printf("  %s:%d: not true: %s\n", __FILE__, __LINE__, #condition);  \
            fflush(stdout);                                                     \
            _exit(1);                                                           \
        }                                                                       \
    } while (0)

static int check_main(const struct check_case *cases, size_t count)
{
    size_t i;
    int failed = 0;

    for (i = 0; i < count; i++) {
        int status = 1;
        pid_t child;

        fflush(stdout);
        child = fork();
        if (child == 0) {
            alarm(2);
            cases[i].run();
            _exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) != child)
            status = 1;
        printf("%s: %s\n", status ? "FAIL" : "PASS", cases[i].name);
        failed |= status != 0;
    }
    return failed;
}

#define CHECK_MAIN(cases) \
    int main(void) { return check_main(cases, sizeof(cases) / sizeof(cases)[0]); }

#endif
