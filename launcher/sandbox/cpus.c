/* SPDX-License-Identifier: BSD-2-Clause
 * cpus: which CPUs a run gets that may use only some. */
#include "sandbox/cpus.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"

#define CLAIM_NAME "sciwrap-cpu-"

enum { LONG_BITS = 8 * sizeof(unsigned long) };

/* ---- the order */

struct node {
    unsigned number;
    size_t cores; /* that are free */
    size_t free;  /* CPUs that are free */
};

static int compare_cpus(const void *a, const void *b)
{
    const struct cpu *one = a;
    const struct cpu *other = b;
    const unsigned keys[][2] = {{one->taken, other->taken}, {one->thread, other->thread}, {one->number, other->number}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i][0] != keys[i][1]) {
            return keys[i][0] < keys[i][1] ? -1 : 1;
        }
    }
    return 0;
}

/* A core counts as free when all its threads are: a run on the other thread would take half of it. */
static void mark_busy_cores(struct cpu *cpu, size_t count, bool *busy)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count && !busy[i]; k++) {
            busy[i] = cpu[k].taken && cpu[k].core == cpu[i].core;
        }
    }
}

/* The node with the most idle cores: runs side by side then share the least of caches and memory channels. */
static unsigned best_node(const struct cpu *cpu, const bool *busy, size_t count)
{
    struct node best = {.number = cpu[0].node};
    for (size_t i = 0; i < count; i++) {
        struct node node = {.number = cpu[i].node};
        for (size_t k = 0; k < count; k++) {
            if (cpu[k].node == node.number) {
                node.free += !cpu[k].taken;
                node.cores += !busy[k] && cpu[k].thread == 0;
            }
        }
        if (node.cores > best.cores || (node.cores == best.cores && node.free > best.free)) {
            best = node;
        }
    }
    return best.number;
}

enum { RANKS = 7 };

static int rank_of(const struct cpu *cpu, bool busy, unsigned node)
{
    if (cpu->taken) {
        return RANKS - 1;
    }
    int shared = busy ? 4 : cpu->thread > 0 ? 2 : 0;
    return shared + (cpu->node == node ? 0 : 1);
}

/* Idle cores on the node, and elsewhere; second threads of these; what is free of cores that others use; what is taken.
 * The order is otherwise kept. */
static void bring_forward(struct cpu *cpu, const bool *busy, size_t count, unsigned node)
{
    struct cpu *sorted = xmalloc(count * sizeof(*sorted));
    size_t filled = 0;
    for (int rank = 0; rank < RANKS; rank++) {
        for (size_t i = 0; i < count; i++) {
            if (rank_of(&cpu[i], busy[i], node) == rank) {
                sorted[filled++] = cpu[i];
            }
        }
    }
    memcpy(cpu, sorted, count * sizeof(*cpu));
    free(sorted);
}

/* Runs that all find nothing free begin at different places. */
static void rotate_taken(struct cpu *cpu, size_t count, unsigned apart)
{
    size_t first = 0;
    while (first < count && !cpu[first].taken) {
        first++;
    }
    size_t rest = count - first;
    size_t shift = rest > 0 ? apart % rest : 0;
    if (shift > 0) {
        struct cpu *copy = xmalloc(rest * sizeof(*copy));
        memcpy(copy, cpu + first, rest * sizeof(*copy));
        for (size_t i = 0; i < rest; i++) {
            cpu[first + i] = copy[(i + shift) % rest];
        }
        free(copy);
    }
}

void cpus_order(struct cpu *cpu, size_t count, unsigned apart)
{
    if (count == 0) {
        return;
    }
    qsort(cpu, count, sizeof(*cpu), compare_cpus);
    bool *busy = xcalloc(count, sizeof(*busy));
    mark_busy_cores(cpu, count, busy);
    bring_forward(cpu, busy, count, best_node(cpu, busy, count));
    free(busy);
    rotate_taken(cpu, count, apart);
}

/* ---- lists of CPUs */

bool cpus_parse(const char *text, void (*take)(void *context, unsigned number), void *context)
{
    const char *at = text;
    while (*at >= '0' && *at <= '9') {
        char *end;
        unsigned long first = strtoul(at, &end, 10);
        unsigned long last = first;
        if (*end == '-' && end[1] >= '0' && end[1] <= '9') {
            last = strtoul(end + 1, &end, 10);
        }
        if (last < first || last >= CPUS_MOST) {
            return false;
        }
        for (unsigned long number = first; number <= last; number++) {
            take(context, (unsigned)number);
        }
        at = *end == ',' && end[1] >= '0' && end[1] <= '9' ? end + 1 : end;
    }
    return *at == '\0' || strcmp(at, "\n") == 0;
}

static bool is_set(const struct cpus *cpus, unsigned number)
{
    return (cpus->bits[number / LONG_BITS] >> (number % LONG_BITS) & 1) != 0;
}

char *cpus_text(const struct cpus *cpus)
{
    struct buf text = {0};
    for (unsigned first = 0; first < CPUS_MOST; first++) {
        if (is_set(cpus, first)) {
            unsigned last = first;
            while (last + 1 < CPUS_MOST && is_set(cpus, last + 1)) {
                last++;
            }
            buf_addf(&text, "%s%u", text.length > 0 ? "," : "", first);
            if (last > first) {
                buf_addf(&text, "-%u", last);
            }
            first = last;
        }
    }
    return buf_take(&text);
}

/* ---- what there is */

struct table {
    struct cpu *cpu;
    size_t count;
    unsigned node;           /* that is being read */
    struct cpu *of;          /* whose core is being read */
    unsigned threads_before; /* of that core, with lower numbers */
};

static void note_node(void *context, unsigned number)
{
    struct table *table = context;
    for (size_t i = 0; i < table->count; i++) {
        if (table->cpu[i].number == number) {
            table->cpu[i].node = table->node;
        }
    }
}

static void note_sibling(void *context, unsigned number)
{
    struct table *table = context;
    if (table->threads_before == 0 && table->of->core > number) {
        table->of->core = number;
    }
    if (number < table->of->number) {
        table->of->thread = ++table->threads_before;
    }
}

static void read_list(const char *path, void (*take)(void *, unsigned), struct table *table)
{
    enum { LIST_MOST = 64 * 1024 };
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    if (fs_read_path(path, LIST_MOST, &text, &ignored) == 0) {
        (void)cpus_parse(buf_text(&text), take, table); /* what is not to be read changes only the choice */
    }
}

struct node_list {
    unsigned number[1024];
    size_t count;
};

static void add_node(void *context, unsigned number)
{
    struct node_list *list = context;
    if (list->count < sizeof(list->number) / sizeof(list->number[0])) {
        list->number[list->count++] = number;
    }
}

static void read_topology(struct table *table)
{
    char path[128];
    struct node_list nodes = {0};
    auto_release(buf) struct buf online = {0};
    struct err ignored = {0};
    if (fs_read_path("/sys/devices/system/node/online", 4096, &online, &ignored) == 0) {
        (void)cpus_parse(buf_text(&online), add_node, &nodes);
    }
    for (size_t i = 0; nodes.count > 1 && i < nodes.count; i++) {
        table->node = nodes.number[i];
        snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/cpulist", table->node);
        read_list(path, note_node, table);
    }
    for (size_t i = 0; i < table->count; i++) {
        table->of = &table->cpu[i];
        table->threads_before = 0;
        snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list",
                 table->cpu[i].number);
        read_list(path, note_sibling, table);
    }
}

/* Those whose name is bound, in the lines of /proc/net/unix. */
static void read_taken(struct table *table)
{
    enum { UNIX_MOST = 64 << 20 };
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    if (fs_read_path("/proc/net/unix", UNIX_MOST, &text, &ignored) < 0) {
        return;
    }
    const char *at = buf_text(&text);
    while ((at = strstr(at, "@" CLAIM_NAME)) != NULL) {
        at += strlen("@" CLAIM_NAME);
        unsigned long number = strtoul(at, NULL, 10);
        for (size_t i = 0; i < table->count; i++) {
            table->cpu[i].taken |= table->cpu[i].number == number;
        }
    }
}

/* ---- the choice */

/* False: another run has it. */
static bool claim(struct cpus *cpus, unsigned number)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, CLAIM_NAME "%u", number);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return true; /* no room for it: then without */
    }
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    if (bind(fd, (struct sockaddr *)&name, size) < 0) {
        bool taken = errno == EADDRINUSE;
        close(fd);
        return !taken;
    }
    cpus->claim = xreallocarray(cpus->claim, cpus->claims + 1, sizeof(*cpus->claim));
    cpus->claim[cpus->claims++] = fd;
    return true;
}

static void add(struct cpus *cpus, unsigned number)
{
    cpus->bits[number / LONG_BITS] |= 1UL << (number % LONG_BITS);
    cpus->count++;
}

/* Free ones first; what another run was faster to claim comes last. */
static void take_first(const struct table *table, size_t wanted, struct cpus *cpus)
{
    for (size_t i = 0; i < table->count && cpus->count < wanted; i++) {
        if (!table->cpu[i].taken && claim(cpus, table->cpu[i].number)) {
            add(cpus, table->cpu[i].number);
        }
    }
    for (size_t i = table->count; i > 0 && cpus->count < wanted; i--) {
        const struct cpu *cpu = &table->cpu[table->count - i];
        if (!is_set(cpus, cpu->number)) {
            add(cpus, cpu->number);
        }
    }
}

bool cpus_choose(size_t wanted, struct cpus *ret_cpus)
{
    struct cpus allowed = {0};
    if (sched_getaffinity(0, sizeof(allowed.bits), (cpu_set_t *)allowed.bits) < 0) {
        return false;
    }
    struct table table = {.cpu = xcalloc(CPUS_MOST, sizeof(struct cpu))};
    for (unsigned number = 0; number < CPUS_MOST; number++) {
        if (is_set(&allowed, number)) {
            table.cpu[table.count++] = (struct cpu){.number = number, .core = number};
        }
    }
    if (table.count > wanted) {
        read_topology(&table);
    }
    read_taken(&table);
    cpus_order(table.cpu, table.count, (unsigned)getpid());
    *ret_cpus = (struct cpus){0};
    take_first(&table, wanted, ret_cpus);
    free(table.cpu);
    return true;
}

int cpus_pin(const struct cpus *cpus)
{
    return sched_setaffinity(0, sizeof(cpus->bits), (const cpu_set_t *)cpus->bits);
}

void cpus_release(struct cpus *cpus)
{
    for (size_t i = 0; i < cpus->claims; i++) {
        close(cpus->claim[i]);
    }
    free(cpus->claim);
    cpus->claim = NULL;
    cpus->claims = 0;
}
