/* counter: a server whose whole state is in memory.
 *
 * GET /      answers "counter: N" and counts one on
 * GET /peek  answers the N that the next GET will show, and does not count
 *
 * PORT (8088) is the port, MEMORY_MIB or the first argument (0) the memory to hold. The memory
 * is filled from a generator, so that it does not compress, and is never touched again.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static long number(const char *text, long otherwise)
{
    return text && *text ? strtol(text, NULL, 10) : otherwise;
}

static void hold(size_t bytes)
{
    uint64_t x = 0x9e3779b97f4a7c15u, *memory;
    memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    for (size_t i = 0; i < bytes / sizeof x; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        memory[i] = x;
    }
}

static void leave(int signal)
{
    _exit(128 + signal);
}

static void answer(int client, unsigned long *counter)
{
    char request[2048], body[64], reply[256];
    struct timeval patience = {.tv_sec = 2};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t got = read(client, request, sizeof request - 1);
    if (got <= 0)
        return;
    request[got] = 0;
    unsigned long shown = *counter;
    if (!strncmp(request, "GET ", 4) && strncmp(request + 4, "/peek", 5))
        ++*counter;
    int length = snprintf(body, sizeof body, "counter: %lu\n", shown);
    int all = snprintf(reply, sizeof reply,
                       "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                       "Content-Length: %d\r\nConnection: close\r\n\r\n%s", length, body);
    if (write(client, reply, all) < 0)
        perror("write");
}

int main(int argc, char **argv)
{
    /* The first process of a container has no default actions. */
    signal(SIGTERM, leave);
    signal(SIGINT, leave);
    signal(SIGQUIT, leave);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);

    long port = number(getenv("PORT"), 8088);
    long mib = number(argc > 1 ? argv[1] : getenv("MEMORY_MIB"), 0);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    unsigned long counter = 0;

    if (mib > 0)
        hold((size_t)mib << 20);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (server < 0 || bind(server, (struct sockaddr *)&at, sizeof at) || listen(server, 64)) {
        perror("counter");
        return 1;
    }
    printf("counter on port %ld, holding %ld MiB\n", port, mib);
    fflush(stdout);
    for (;;) {
        int client = accept(server, NULL, NULL);
        if (client < 0)
            continue;
        answer(client, &counter);
        close(client);
    }
}
