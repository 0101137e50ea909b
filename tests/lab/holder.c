/* Holds what a dump may trip over, each thing asked for by an argument, and counts in memory:
 *
 *   lock:PATH     an flock on a file
 *   ghost:BYTES   an open file without a name, filled
 *   inotify:PATH  a watch
 *   uring:        an io_uring
 *   uffd:         a userfaultfd
 *   device:PATH   an open device
 *   unix:PATH     a connection to a unix socket that somebody else made
 *   tcp:PORT      a connection to itself over the loopback
 *   serve:PORT    connections of whoever comes
 *
 * Its count is the contents of /count. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int door = -1;

static int listener(const char *port, in_addr_t at)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    int server = socket(AF_INET, SOCK_STREAM, 0);
    to.sin_addr.s_addr = htonl(at);
    if (bind(server, (struct sockaddr *)&to, sizeof to) || listen(server, 4))
        return -1;
    return server;
}

static int hold(const char *what, const char *value)
{
    if (!strcmp(what, "lock")) {
        int fd = open(value, O_RDWR | O_CREAT, 0644);
        return fd < 0 ? fd : flock(fd, LOCK_EX | LOCK_NB);
    }
    if (!strcmp(what, "ghost")) {
        int fd = open("/ghost", O_RDWR | O_CREAT, 0644);
        char block[4096];
        memset(block, 'g', sizeof block);
        for (long left = atol(value); left > 0; left -= sizeof block)
            if (write(fd, block, sizeof block) < 0)
                return -1;
        return unlink("/ghost");
    }
    if (!strcmp(what, "inotify"))
        return inotify_add_watch(inotify_init(), value, IN_MODIFY);
    if (!strcmp(what, "uring")) {
        char params[120] = {0};
        return (int)syscall(SYS_io_uring_setup, 4, params);
    }
    if (!strcmp(what, "uffd"))
        return (int)syscall(SYS_userfaultfd, 1);
    if (!strcmp(what, "device"))
        return open(value, O_RDWR);
    if (!strcmp(what, "unix")) {
        struct sockaddr_un to = {.sun_family = AF_UNIX};
        strncpy(to.sun_path, value, sizeof to.sun_path - 1);
        return connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof to);
    }
    if (!strcmp(what, "tcp")) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(value))};
        int server = listener(value, INADDR_LOOPBACK);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof to))
            return -1;
        return accept(server, NULL, NULL);
    }
    if (!strcmp(what, "serve")) {
        door = listener(value, INADDR_ANY);
        return door < 0 ? door : fcntl(door, F_SETFL, O_NONBLOCK);
    }
    return -1;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *value = strchr(argv[i], ':');
        if (!value)
            return 2;
        *value++ = 0;
        if (hold(argv[i], value) < 0) {
            perror(argv[i]);
            return 1;
        }
    }
    for (long count = 0;; count++) {
        FILE *file = fopen("/count.new", "w");
        if (file) {
            fprintf(file, "%ld\n", count);
            fclose(file);
            rename("/count.new", "/count");
        }
        if (door >= 0)
            (void)accept(door, NULL, NULL);
        usleep(200000);
    }
}
