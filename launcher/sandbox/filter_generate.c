/* SPDX-License-Identifier: BSD-2-Clause
 * filter_generate: a build-time program that turns syscalls.table into the BPF program of filter.c.
 *
 * usage: filter_generate TABLE > filter_program.h
 *
 * The only file that includes libseccomp, for the numbers of the names. The program is laid out here and not by
 * libseccomp because that library has no rule "allow unless an argument is one of": an unconditional allow swallows the
 * exceptions.
 *
 * Layout: architecture check, x32 check, then a search tree over ranges of numbers with equal verdict, so that
 * no call passes more than about eight comparisons (seccomp_unotify is a later matter; see seccomp(2), bpf classic in
 * Documentation/networking/filter.rst).
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { NUMBERS = 1024, PROGRAM_MOST = BPF_MAXINSNS };

enum verdict { ABSENT, ALLOW, DENY, CHECK_FIRST };

enum check { CLONE, IOCTL, SOCKET, PERSONALITY, MKNOD, MKNODAT, MOVE_PAGES, MMAP };

enum variant { PLAIN, RECORDING, SEEDED, VARIANTS };

/* Verdict of each number; CHECK_FIRST + check for those that depend on arguments. */
static int verdicts[NUMBERS];
/* Allowed when `nested` programs are laid out. */
static bool in_nests[NUMBERS];
static bool nested;
/* The first variant in which a call that would be allowed is told to the recorder; VARIANTS: none. */
static enum variant told_from[NUMBERS];
/* The variant whose program is laid out now, and what "allowed" means for the call at hand. */
static enum variant variant;
static unsigned allowed = SECCOMP_RET_ALLOW;
static struct sock_filter program[PROGRAM_MOST];
static unsigned length;

static void stop(const char *what, const char *name)
{
    fprintf(stderr, "filter_generate: %s: %s\n", what, name);
    exit(1);
}

static unsigned emit(unsigned short code, unsigned char if_true, unsigned char if_false, unsigned value)
{
    if (length >= PROGRAM_MOST) {
        stop("the program is too long", "BPF_MAXINSNS");
    }
    program[length] = (struct sock_filter){.code = code, .jt = if_true, .jf = if_false, .k = value};
    return length++;
}

static void give(unsigned action)
{
    emit(BPF_RET | BPF_K, 0, 0, action);
}

static void give_errno(int errnum)
{
    give(SECCOMP_RET_ERRNO | (unsigned)errnum);
}

/* The low half of an argument: what the kernel looks at where its parameter is an int. */
static void load_argument(unsigned index)
{
    unsigned low_half = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;
    emit(BPF_LD | BPF_W | BPF_ABS, 0, 0, (unsigned)offsetof(struct seccomp_data, args) + 8 * index + low_half);
}

/* "If the value equals `value`, give `action`." */
static void when_equal(unsigned value, unsigned action)
{
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
    give(action);
}

static void check_clone(void)
{
    /* A new namespace gives a process capabilities in it, and the kernel's least tested code to try them on. */
    unsigned namespaces =
        CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    if (!nested) {
        load_argument(0);
        emit(BPF_JMP | BPF_JSET | BPF_K, 0, 1, namespaces);
        give_errno(EPERM);
    }
    give(allowed);
}

static void check_ioctl(void)
{
    /* TIOCSTI and TIOCLINUX type into the user's terminal (CVE-2017-5226, CVE-2023-28100); TIOCSETD loads line
     * disciplines (CVE-2017-2636); TIOCCONS takes the console's output. Only 32 bits count (CVE-2019-10063). */
    static const unsigned refused[] = {0x5412, 0x541c, 0x5423, 0x541d};
    load_argument(1);
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        when_equal(refused[i], SECCOMP_RET_ERRNO | EPERM);
    }
    give(allowed);
}

static void check_socket(void)
{
    /* Other families are where the kernel's local holes are (AF_ALG: CVE-2026-31431; AF_VSOCK, AF_RXRPC, ...). */
    enum { NETLINK_AUDIT_PROTOCOL = 9 };
    load_argument(0);
    when_equal(AF_UNIX, allowed);
    when_equal(AF_INET, allowed);
    when_equal(AF_INET6, allowed);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AF_NETLINK);
    give_errno(EAFNOSUPPORT);
    load_argument(2);
    when_equal(NETLINK_AUDIT_PROTOCOL, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
    give(allowed);
}

static void check_personality(void)
{
    /* Linux, Linux with 32-bit addresses, UNAME26 of both, the question 0xffffffff, and without address randomisation
     * (gdb, setarch -R, reproducible addresses). Others switch to other kernels' behaviour, full of old holes. */
    static const unsigned known[] = {0, 8, 0x20000, 0x20008, 0x40000, 0x40008, 0xffffffff};
    load_argument(0);
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        when_equal(known[i], allowed);
    }
    give_errno(EPERM);
}

static void check_mode(unsigned argument)
{
    load_argument(argument);
    emit(BPF_ALU | BPF_AND | BPF_K, 0, 0, S_IFMT);
    when_equal(S_IFCHR, SECCOMP_RET_ERRNO | EPERM);
    when_equal(S_IFBLK, SECCOMP_RET_ERRNO | EPERM);
    give(allowed);
}

static void check_move_pages(void)
{
    load_argument(0); /* pid: 0 is the caller, as libnuma and hwloc use it */
    when_equal(0, allowed);
    give_errno(EPERM);
}

static void check_mmap(void)
{
    /* From 6.11 on the C library may fill memory that the kernel can drop with random bytes without a call (vDSO
     * getrandom). Refused that memory it makes the call, which a seed can answer. */
    enum { MAP_DROPPABLE_TYPE = 0x08, MAP_TYPE_BITS = 0x0f };
    if (variant == SEEDED) {
        load_argument(3);
        emit(BPF_ALU | BPF_AND | BPF_K, 0, 0, MAP_TYPE_BITS);
        when_equal(MAP_DROPPABLE_TYPE, SECCOMP_RET_ERRNO | EINVAL);
    }
    give(allowed);
}

static const struct {
    const char *name;
    enum check check;
} checks[] = {
    {"clone", CLONE},
    {"ioctl", IOCTL},
    {"socket", SOCKET},
    {"socketpair", SOCKET},
    {"personality", PERSONALITY},
    {"mknod", MKNOD},
    {"mknodat", MKNODAT},
    {"move_pages", MOVE_PAGES},
    {"mmap", MMAP},
};

static void emit_check(enum check check)
{
    switch (check) {
    case CLONE:
        check_clone();
        break;
    case IOCTL:
        check_ioctl();
        break;
    case SOCKET:
        check_socket();
        break;
    case PERSONALITY:
        check_personality();
        break;
    case MKNOD:
        check_mode(1);
        break;
    case MKNODAT:
        check_mode(2);
        break;
    case MOVE_PAGES:
        check_move_pages();
        break;
    case MMAP:
        check_mmap();
        break;
    }
}

static int verdict_now(unsigned number)
{
    return nested && in_nests[number] ? (int)ALLOW : verdicts[number];
}

static void emit_verdict(unsigned number)
{
    int verdict = verdict_now(number);
    allowed = variant >= told_from[number] ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW;
    if (verdict >= CHECK_FIRST) {
        emit_check((enum check)(verdict - CHECK_FIRST));
    } else if (verdict == ALLOW) {
        give(allowed);
    } else {
        give_errno(verdict == DENY ? EPERM : ENOSYS);
    }
}

/* Ranges start[first] .. start[last + 1] - 1, each with one verdict. */
static void emit_tree(const unsigned *start, unsigned first, unsigned last)
{
    if (first == last) {
        emit_verdict(start[first]);
        return;
    }
    unsigned middle = (first + last + 1) / 2;
    emit(BPF_JMP | BPF_JGE | BPF_K, 0, 1, start[middle]);
    unsigned jump = emit(BPF_JMP | BPF_JA, 0, 0, 0); /* conditional jumps reach 255 only */
    emit_tree(start, first, middle - 1);
    program[jump].k = length - jump - 1;
    emit_tree(start, middle, last);
}

static unsigned audit_architecture(void)
{
#if defined(__x86_64__)
    return AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
    return AUDIT_ARCH_AARCH64;
#else
#error "name this machine's AUDIT_ARCH_ constant here (linux/audit.h)"
#endif
}

static bool is_told(unsigned number)
{
    return variant >= told_from[number];
}

static void emit_program(void)
{
    static unsigned start[NUMBERS];
    unsigned count = 0;
    length = 0;
    emit(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, audit_architecture());
    give_errno(ENOSYS); /* another ABI reaches the same calls by other numbers */
    emit(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
    for (unsigned number = 0; number < NUMBERS; number++) {
        if (number == 0 || verdict_now(number) != verdict_now(number - 1) || is_told(number) != is_told(number - 1)) {
            start[count++] = number;
        }
    }
    /* The last range, absent, goes on to 2^32: x32's numbers, which have bit 30 set, are in it. */
    emit_tree(start, 0, count - 1);
}

static int number_of(char *name)
{
    char *equals = strchr(name, '=');
    if (equals != NULL) {
        *equals = '\0';
    }
    int number = seccomp_syscall_resolve_name_arch(SCMP_ARCH_NATIVE, name);
    if (number >= 0) {
        return number;
    }
    if (equals != NULL) {
        return (int)strtol(equals + 1, NULL, 10);
    }
    if (number == __NR_SCMP_ERROR) {
        stop("no such system call in libseccomp", name);
    }
    return -1; /* exists on other machines only */
}

static int verdict_of(const char *word, const char *name)
{
    if (strcmp(word, "allow") == 0) {
        return ALLOW;
    }
    if (strcmp(word, "deny") == 0) {
        return DENY;
    }
    if (strcmp(word, "absent") == 0) {
        return ABSENT;
    }
    for (size_t i = 0; strcmp(word, "check") == 0 && i < sizeof(checks) / sizeof(*checks); i++) {
        if (strcmp(name, checks[i].name) == 0) {
            return CHECK_FIRST + (int)checks[i].check;
        }
    }
    stop("no such verdict or check", name);
    return ABSENT;
}

static void read_line(char *line)
{
    char *rest = NULL;
    char *word = strtok_r(line, " \n", &rest);
    if (word == NULL || word[0] == '#') {
        return;
    }
    for (char *name = strtok_r(NULL, " \n", &rest); name != NULL; name = strtok_r(NULL, " \n", &rest)) {
        int number = number_of(name);
        if (number >= NUMBERS - 1) {
            stop("number out of range", name);
        }
        if (number >= 0 && strcmp(word, "tell") == 0) {
            told_from[number] = RECORDING;
        } else if (number >= 0 && strcmp(word, "tell-seeded") == 0) {
            told_from[number] = SEEDED;
        } else if (number >= 0 && strcmp(word, "nest") == 0) {
            in_nests[number] = true;
        } else if (number >= 0) {
            verdicts[number] = verdict_of(word, name);
        }
    }
}

static void print_program(void)
{
    static const char *const names[VARIANTS] = {"plain", "recording", "seeded"};
    emit_program();
    printf("static const struct sock_filter filter_%s%s[] = {\n", names[variant], nested ? "_nested" : "");
    for (unsigned i = 0; i < length; i++) {
        printf("    {0x%04x, %u, %u, 0x%08x},\n", program[i].code, program[i].jt, program[i].jf, program[i].k);
    }
    printf("};\n");
}

int main(int argc, char **argv)
{
    for (unsigned i = 0; i < NUMBERS; i++) {
        told_from[i] = VARIANTS;
    }
    char line[512];
    FILE *table = argc == 2 ? fopen(argv[1], "re") : NULL;
    if (table == NULL) {
        stop("cannot read the table", argc == 2 ? argv[1] : "no argument");
    }
    while (fgets(line, sizeof(line), table) != NULL) {
        read_line(line);
    }
    fclose(table);
    printf("/* Made from syscalls.table by filter_generate. */\n");
    for (int nest = 0; nest < 2; nest++) {
        nested = nest == 1;
        for (variant = PLAIN; variant < VARIANTS; variant++) {
            print_program();
        }
    }
    return ferror(stdout) != 0 || fflush(stdout) != 0;
}
