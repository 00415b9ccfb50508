/* SPDX-License-Identifier: BSD-2-Clause
 * processor: what this machine computes with.
 *
 * It is asked with the cpuid instruction: /proc/cpuinfo lists every core and takes milliseconds on a large machine.
 * (Intel SDM volume 2A, CPUID; the levels are those of the x86-64 psABI, section 3.1.1.) */
#include "run/processor.h"

#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#if defined(__x86_64__)
#include <cpuid.h>
#else
#include <sys/auxv.h>
#endif

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

#if defined(__x86_64__)

enum cpu_register { EAX, EBX, ECX, EDX };

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

/* Like __get_cpuid_count(), which asks for the last leaf anew each time: on a virtual machine each cpuid is answered by
 * the host, in microseconds. Leaves 1 and 0x80000001 are on every machine of 64 bits. */
static bool ask_cpu(unsigned leaf, unsigned reg[4])
{
    static unsigned last[2]; /* of the common and of the extended leaves; the launcher asks on one thread */
    unsigned *most = &last[leaf >> 31];
    if (*most == 0 && (leaf & ~0x80000000U) > 1) {
        *most = __get_cpuid_max(leaf & 0x80000000U, NULL);
    }
    if ((leaf & ~0x80000000U) > 1 && leaf > *most) {
        return false;
    }
    __cpuid_count(leaf, 0, reg[0], reg[1], reg[2], reg[3]);
    return true;
}

/* The level; the names of the usable features go to `flags`, unless it is NULL. */
static unsigned read_features(struct strlist *flags)
{
    unsigned leaf = 0;
    unsigned reg[4] = {0};
    unsigned state = 0;
    unsigned level = 4;
    for (size_t i = 0; i < sizeof(cpu_features) / sizeof(cpu_features[0]); i++) {
        if (cpu_features[i].leaf != leaf) {
            leaf = cpu_features[i].leaf;
            if (!ask_cpu(leaf, reg)) {
                memset(reg, 0, sizeof(reg));
            }
            state = leaf == 1 && (reg[ECX] & bit_OSXSAVE) != 0 ? saved_state() : state;
        }
        bool has =
            ((reg[cpu_features[i].reg] >> cpu_features[i].bit) & 1) != 0 && is_usable(cpu_features[i].name, state);
        if (has && flags != NULL) {
            strlist_add(flags, cpu_features[i].name);
        }
        if (!has && cpu_features[i].level > 0 && level >= cpu_features[i].level) {
            level = cpu_features[i].level - 1;
        }
    }
    return level < 1 ? 1 : level;
}

static char *read_model(void)
{
    unsigned text[13] = {0};
    for (size_t i = 0; i < 3; i++) {
        if (!ask_cpu(0x80000002U + (unsigned)i, text + 4 * i)) {
            return NULL;
        }
    }
    char name[sizeof(text)];
    memcpy(name, text, sizeof(name));
    char *start = name + strspn(name, " ");
    size_t length = strlen(start);
    while (length > 0 && start[length - 1] == ' ') {
        length--;
    }
    return xstrndup(start, length);
}

#else

static unsigned read_features(struct strlist *flags)
{
    if (flags != NULL) {
        strlist_addf(flags, "hwcap:%lx", getauxval(AT_HWCAP));
        strlist_addf(flags, "hwcap2:%lx", getauxval(AT_HWCAP2));
    }
    return 0;
}

static char *read_model(void)
{
    const char *platform = (const char *)getauxval(AT_PLATFORM);
    return platform != NULL ? xstrdup(platform) : NULL;
}

#endif

unsigned processor_level(void)
{
    return read_features(NULL);
}

void processor_read(char **ret_model, char **ret_level, struct strlist *ret_flags)
{
    unsigned level = read_features(ret_flags);
    *ret_model = read_model();
    *ret_level = level == 0 ? NULL : level == 1 ? xstrdup("x86-64") : xasprintf("x86-64-v%u", level);
}

/* CPUs that the kernel would run this process on (cpuset, taskset, a batch system's pinning). */
static uint64_t allowed_cpus(void)
{
    /* Room for 8192 CPUs, the most that Linux is built for: cpu_set_t ends at 1024, and the call fails when the kernel
     * knows more than there is room for. */
    unsigned long bits[8192 / (8 * sizeof(unsigned long))] = {0};
    uint64_t count = 0;
    if (sched_getaffinity(0, sizeof(bits), (cpu_set_t *)bits) < 0) {
        return (uint64_t)get_nprocs();
    }
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        count += (uint64_t)__builtin_popcountl(bits[i]);
    }
    return count;
}

uint64_t processor_quota(const char *cpu_max)
{
    uint64_t quota;
    uint64_t period;
    size_t length = strcspn(cpu_max, " ");
    auto_free char *first = xstrndup(cpu_max, length);
    auto_free char *second =
        cpu_max[length] == ' ' ? xstrndup(cpu_max + length + 1, strcspn(cpu_max + length + 1, "\n")) : NULL;
    if (second == NULL || !text_to_u64(first, 1, UINT32_MAX, &quota) || !text_to_u64(second, 1, UINT32_MAX, &period)) {
        return 0;
    }
    return (quota + period - 1) / period;
}

/* Takes the last component off "/a/b"; false when there is none. */
static bool cut_component(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return false;
    }
    *slash = '\0';
    return true;
}

/* The least quota of the control group of this process and of those above it (cgroup v2); 0: none. Version 1 keeps them
 * elsewhere, and where it is still used batch systems pin CPUs instead. */
static uint64_t quota_cpus(void)
{
    enum { GROUPS_MOST = 64 * 1024, QUOTA_MOST = 256 };
    auto_release(buf) struct buf groups = {0};
    struct err ignored = {0};
    uint64_t least = 0;
    if (fs_read_path("/proc/self/cgroup", GROUPS_MOST, &groups, &ignored) < 0) {
        return 0;
    }
    const char *line = buf_text(&groups);
    const char *own = strncmp(line, "0::/", 4) == 0 ? line : strstr(line, "\n0::/");
    if (own == NULL) {
        return 0;
    }
    own = strchr(own, '/');
    auto_free char *group = xasprintf(".%.*s", (int)strcspn(own, "\n"), own);
    auto_free char *path = path_normal("/sys/fs/cgroup", group);
    do {
        auto_free char *file = xasprintf("%s/cpu.max", path);
        auto_release(buf) struct buf text = {0};
        if (fs_read_path(file, QUOTA_MOST, &text, &ignored) == 0) {
            uint64_t cpus = processor_quota(buf_text(&text));
            least = cpus > 0 && (least == 0 || cpus < least) ? cpus : least;
        }
    } while (cut_component(path) && path_is_under(path, "/sys/fs/cgroup"));
    return least;
}

uint64_t processor_count(void)
{
    uint64_t allowed = allowed_cpus();
    uint64_t quota = quota_cpus();
    return quota > 0 && quota < allowed ? quota : allowed;
}
