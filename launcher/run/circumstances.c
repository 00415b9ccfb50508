/* SPDX-License-Identifier: BSD-2-Clause
 * circumstances: what merely happened while a run ran.
 *
 * The processor is asked with the cpuid instruction: /proc/cpuinfo lists every core and takes milliseconds on a large
 * machine. (Intel SDM volume 2A, CPUID; the levels are those of the x86-64 psABI, section 3.1.1.) */
#include "run/circumstances.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#else
#include <sys/auxv.h>
#endif

#include "base/mem.h"

#if defined(__x86_64__)

enum cpu_register { EBX, ECX, EDX };

static const struct {
    const char *name;
    unsigned leaf; /* sub-leaf 0 */
    enum cpu_register reg;
    unsigned bit;
    unsigned level; /* the lowest level that needs it, 0: none */
} cpu_features[] = {
    {"sse2", 1, EDX, 26, 1},        {"pni", 1, ECX, 0, 2},
    {"pclmulqdq", 1, ECX, 1, 0},    {"ssse3", 1, ECX, 9, 2},
    {"fma", 1, ECX, 12, 3},         {"cx16", 1, ECX, 13, 2},
    {"sse4_1", 1, ECX, 19, 2},      {"sse4_2", 1, ECX, 20, 2},
    {"movbe", 1, ECX, 22, 3},       {"popcnt", 1, ECX, 23, 2},
    {"aes", 1, ECX, 25, 0},         {"osxsave", 1, ECX, 27, 3},
    {"avx", 1, ECX, 28, 3},         {"f16c", 1, ECX, 29, 3},
    {"rdrand", 1, ECX, 30, 0},      {"bmi1", 7, EBX, 3, 3},
    {"avx2", 7, EBX, 5, 3},         {"bmi2", 7, EBX, 8, 3},
    {"erms", 7, EBX, 9, 0},         {"avx512f", 7, EBX, 16, 4},
    {"avx512dq", 7, EBX, 17, 4},    {"rdseed", 7, EBX, 18, 0},
    {"avx512ifma", 7, EBX, 21, 0},  {"avx512cd", 7, EBX, 28, 4},
    {"sha_ni", 7, EBX, 29, 0},      {"avx512bw", 7, EBX, 30, 4},
    {"avx512vl", 7, EBX, 31, 4},    {"avx512vbmi", 7, ECX, 1, 0},
    {"gfni", 7, ECX, 8, 0},         {"vaes", 7, ECX, 9, 0},
    {"avx512_vnni", 7, ECX, 11, 0}, {"avx512_bitalg", 7, ECX, 12, 0},
    {"avx512_fp16", 7, EDX, 23, 0}, {"amx_tile", 7, EDX, 24, 0},
    {"amx_int8", 7, EDX, 25, 0},    {"lahf_lm", 0x80000001, ECX, 0, 2},
    {"abm", 0x80000001, ECX, 5, 3},
};

/* XCR0: the registers that the kernel saves. Without them the instructions fault whatever cpuid says. */
static unsigned saved_state(void)
{
    unsigned low;
    unsigned high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static bool is_usable(const char *name, unsigned state)
{
    enum { YMM = 0x6, ZMM = 0xe6 };
    if (strncmp(name, "avx512", 6) == 0) {
        return (state & ZMM) == ZMM;
    }
    bool needs_ymm = strncmp(name, "avx", 3) == 0 || strcmp(name, "fma") == 0 || strcmp(name, "f16c") == 0;
    return !needs_ymm || (state & YMM) == YMM;
}

static void read_flags(struct circumstances *circumstances)
{
    unsigned leaf = 0;
    unsigned reg[3] = {0};
    unsigned state = 0;
    unsigned level = 4;
    for (size_t i = 0; i < sizeof(cpu_features) / sizeof(cpu_features[0]); i++) {
        if (cpu_features[i].leaf != leaf) {
            unsigned eax;
            leaf = cpu_features[i].leaf;
            if (__get_cpuid_count(leaf, 0, &eax, &reg[EBX], &reg[ECX], &reg[EDX]) == 0) {
                memset(reg, 0, sizeof(reg));
            }
            state = leaf == 1 && (reg[ECX] & bit_OSXSAVE) != 0 ? saved_state() : state;
        }
        bool has =
            ((reg[cpu_features[i].reg] >> cpu_features[i].bit) & 1) != 0 && is_usable(cpu_features[i].name, state);
        if (has) {
            strlist_add(&circumstances->cpu_flags, cpu_features[i].name);
        } else if (cpu_features[i].level > 0 && level >= cpu_features[i].level) {
            level = cpu_features[i].level - 1;
        }
    }
    circumstances->cpu_level = level <= 1 ? xstrdup("x86-64") : xasprintf("x86-64-v%u", level);
}

static void read_model(struct circumstances *circumstances)
{
    unsigned text[13] = {0};
    for (size_t i = 0; i < 3; i++) {
        unsigned *at = text + 4 * i;
        if (__get_cpuid(0x80000002U + (unsigned)i, &at[0], &at[1], &at[2], &at[3]) == 0) {
            return;
        }
    }
    char name[sizeof(text)];
    memcpy(name, text, sizeof(name));
    char *start = name + strspn(name, " ");
    size_t length = strlen(start);
    while (length > 0 && start[length - 1] == ' ') {
        length--;
    }
    circumstances->cpu_model = xstrndup(start, length);
}

#else

static void read_flags(struct circumstances *circumstances)
{
    strlist_addf(&circumstances->cpu_flags, "hwcap:%lx", getauxval(AT_HWCAP));
    strlist_addf(&circumstances->cpu_flags, "hwcap2:%lx", getauxval(AT_HWCAP2));
}

static void read_model(struct circumstances *circumstances)
{
    const char *platform = (const char *)getauxval(AT_PLATFORM);
    circumstances->cpu_model = platform != NULL ? xstrdup(platform) : NULL;
}

#endif

static uint64_t usable_cpus(void)
{
    cpu_set_t set;
    /* More cores than a cpu_set_t holds (1024): the machine's own count is the next best answer. */
    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
        return (uint64_t)CPU_COUNT(&set);
    }
    return (uint64_t)get_nprocs();
}

void circumstances_gather(struct circumstances *circumstances, const char *workdir)
{
    struct utsname names;
    struct sysinfo info;
    if (uname(&names) == 0) {
        circumstances->host_name = xstrdup(names.nodename);
        circumstances->kernel = xasprintf("%s %s %s", names.sysname, names.release, names.version);
        circumstances->machine = xstrdup(names.machine);
    }
    if (sysinfo(&info) == 0) {
        circumstances->memory_bytes = (uint64_t)info.totalram * info.mem_unit;
    }
    read_flags(circumstances);
    read_model(circumstances);
    circumstances->cpu_count = usable_cpus();
    circumstances->uid = getuid();
    circumstances->gid = getgid();
    circumstances->workdir = xstrdup(workdir);
}

void circumstances_release(struct circumstances *circumstances)
{
    free(circumstances->host_name);
    free(circumstances->kernel);
    free(circumstances->machine);
    free(circumstances->cpu_model);
    free(circumstances->cpu_level);
    strlist_release(&circumstances->cpu_flags);
    free(circumstances->workdir);
    *circumstances = (struct circumstances){0};
}

char *circumstances_time(int64_t ns)
{
    struct tm parts;
    time_t seconds = (time_t)(ns / 1000000000);
    if (ns < 0 || gmtime_r(&seconds, &parts) == NULL) {
        return xstrdup("1970-01-01T00:00:00.000000000Z");
    }
    /* Not strftime: it would read the time zone of the host. */
    return xasprintf("%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec, (int)(ns % 1000000000));
}
