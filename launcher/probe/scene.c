/* SPDX-License-Identifier: BSD-2-Clause
 * scene: what was put up outside for the probe to reach, and what it finds out about itself. */
#include "probe/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const scene_namespace_names[SCENE_NAMESPACES] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};

/* Whole-string number; the launcher writes them, so this only finds mistakes. */
static bool number(const char *text, uint64_t *to)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    if (*text == '\0' || *text == '-' || *end != '\0' || errno != 0) {
        return false;
    }
    *to = value;
    return true;
}

static bool take_text(struct scene *scene, const char *key, const char *value)
{
    const struct {
        const char *key;
        const char **to;
    } texts[] = {
        {"secret", &scene->secret},     {"folder", &scene->folder},   {"handle", &scene->handle},
        {"abstract", &scene->abstract}, {"posix", &scene->posix},     {"asked", &scene->asked},
        {"only", &scene->only},         {"devices", &scene->devices},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        if (strcmp(texts[i].key, key) == 0) {
            *texts[i].to = value;
            return true;
        }
    }
    return false;
}

static bool take_namespace(struct scene *scene, const char *key, uint64_t value)
{
    for (size_t i = 0; i < SCENE_NAMESPACES; i++) {
        if (strcmp(scene_namespace_names[i], key) == 0) {
            scene->namespaces[i] = value;
            return true;
        }
    }
    return false;
}

static bool take_number(struct scene *scene, const char *key, uint64_t value)
{
    const struct {
        const char *key;
        uint64_t *to;
    } numbers[] = {
        {"address", &scene->address},     {"spot", &scene->spot},
        {"pids", &scene->pids},           {"memory", &scene->memory},
        {"cpus", &scene->cpus},           {"time", &scene->time_s},
        {"file-size", &scene->file_size}, {"open-files", &scene->open_files},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        if (strcmp(numbers[i].key, key) == 0) {
            *numbers[i].to = value;
            return true;
        }
    }
    if (strcmp(key, "victim") == 0) {
        scene->victim = (pid_t)value;
    } else if (strcmp(key, "tcp") == 0) {
        scene->tcp = (uint16_t)value;
    } else if (strcmp(key, "udp") == 0) {
        scene->udp = (uint16_t)value;
    } else if (strcmp(key, "shm") == 0) {
        scene->shm = (int32_t)value;
    } else if (strcmp(key, "key") == 0) {
        scene->key = (int32_t)value;
    } else if (strcmp(key, "control") == 0) {
        scene->control = value != 0;
    } else {
        return take_namespace(scene, key, value);
    }
    return true;
}

bool scene_read(struct scene *scene, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char key[32];
        uint64_t value = 0;
        size_t length = strcspn(argv[i], "=");
        if (argv[i][length] == '\0' || length >= sizeof(key)) {
            return false;
        }
        memcpy(key, argv[i], length);
        key[length] = '\0';
        const char *text = argv[i] + length + 1;
        if (!take_text(scene, key, text) && (!number(text, &value) || !take_number(scene, key, value))) {
            return false;
        }
    }
    return true;
}

ssize_t scene_read_file(const char *path, char *to, size_t size)
{
    /* Nonblocking: some files of /proc wait for news. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    size_t length = 0;
    ssize_t got = 0;
    while (length < size - 1 && (got = read(fd, to + length, size - 1 - length)) > 0) {
        length += (size_t)got;
    }
    int errnum = errno;
    close(fd);
    errno = errnum;
    to[length] = '\0';
    return got < 0 && length == 0 ? -1 : (ssize_t)length;
}

uint64_t scene_status(const char *key, int base)
{
    static char text[8192];
    if (scene_read_file("/proc/self/status", text, sizeof(text)) < 0) {
        return 0;
    }
    size_t length = strlen(key);
    for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0 && line[length] == ':') {
            return strtoull(line + length + 1, NULL, base);
        }
    }
    return 0;
}

void scene_look(struct scene *scene)
{
    scene->filtered = scene_status("Seccomp", 10) == 2;
    scene->powerless = scene_status("CapEff", 16) == 0;
}

bool scene_asked(const struct scene *scene, const char *what)
{
    size_t length = strlen(what);
    for (const char *at = scene->asked; at != NULL && *at != '\0'; at += *at == ',') {
        size_t word = strcspn(at, ",");
        if (word == length && strncmp(at, what, length) == 0) {
            return true;
        }
        at += word;
    }
    return false;
}
