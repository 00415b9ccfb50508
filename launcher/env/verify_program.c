/* SPDX-License-Identifier: BSD-2-Clause
 * verify_program: the part of verify.h about programs: which file a command is, and which files the kernel opens to
 * start it. execve(2), elf(5). */
#include <elf.h>
#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "env/verify_state.h"

enum {
    HEAD = 256,           /* the kernel reads no more of a script's first line (BINPRM_BUF_SIZE) */
    DEPTH_MOST = 4,       /* interpreters of interpreters (fs/exec.c) */
    HEADERS_MOST = 65536, /* bytes of program headers; the kernel takes a page (load_elf_phdrs in fs/binfmt_elf.c) */
    INTERPRETER_MOST = 4096,
};

/* What both classes of ELF have under other names. */
struct segment {
    uint32_t type;
    uint64_t offset;
    uint64_t size;
};

struct table {
    uint64_t offset;
    unsigned entry_bytes;
    unsigned count;
    bool is_64;
};

/* The path after "#!", as the kernel cuts it out; NULL when there is none. Caller frees. */
static char *script_interpreter(const char *head, size_t length)
{
    if (length < 3 || memcmp(head, "#!", 2) != 0) {
        return NULL;
    }
    const char *line = head + 2;
    const char *end = memchr(line, '\n', length - 2);
    size_t rest = (size_t)((end != NULL ? end : head + length) - line);
    auto_free char *text = xstrndup(line, rest);
    char *path = text + strspn(text, " \t");
    path[strcspn(path, " \t\r")] = '\0';
    return path[0] != '\0' ? xstrdup(path) : NULL;
}

static bool is_of_this_machine(const unsigned char *head, size_t length)
{
    const unsigned char order = __BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;
    return length >= EI_NIDENT && memcmp(head, ELFMAG, SELFMAG) == 0 && head[EI_DATA] == order &&
           (head[EI_CLASS] == ELFCLASS64 || head[EI_CLASS] == ELFCLASS32);
}

static bool read_table(const unsigned char *head, size_t length, struct table *ret_table)
{
    Elf64_Ehdr wide;
    Elf32_Ehdr narrow;
    if (!is_of_this_machine(head, length)) {
        return false;
    }
    if (head[EI_CLASS] == ELFCLASS64) {
        if (length < sizeof(wide)) {
            return false;
        }
        memcpy(&wide, head, sizeof(wide));
        *ret_table = (struct table){wide.e_phoff, wide.e_phentsize, wide.e_phnum, true};
        return wide.e_phentsize == sizeof(Elf64_Phdr);
    }
    if (length < sizeof(narrow)) {
        return false;
    }
    memcpy(&narrow, head, sizeof(narrow));
    *ret_table = (struct table){narrow.e_phoff, narrow.e_phentsize, narrow.e_phnum, false};
    return narrow.e_phentsize == sizeof(Elf32_Phdr);
}

static struct segment segment_at(const struct table *table, const unsigned char *at)
{
    Elf64_Phdr wide;
    Elf32_Phdr narrow;
    if (table->is_64) {
        memcpy(&wide, at, sizeof(wide));
        return (struct segment){wide.p_type, wide.p_offset, wide.p_filesz};
    }
    memcpy(&narrow, at, sizeof(narrow));
    return (struct segment){narrow.p_type, narrow.p_offset, narrow.p_filesz};
}

/* All bytes at that place of the file, or false. Places are checked against what off_t holds. */
static bool read_at(int fd, void *bytes, size_t length, uint64_t offset)
{
    return offset <= INT64_MAX - HEADERS_MOST && pread(fd, bytes, length, (off_t)offset) == (ssize_t)length;
}

static char *elf_interpreter(int fd, const char *head, size_t length)
{
    struct table table;
    if (!read_table((const unsigned char *)head, length, &table)) {
        return NULL;
    }
    size_t bytes = (size_t)table.count * table.entry_bytes;
    if (bytes == 0 || bytes > HEADERS_MOST) {
        return NULL;
    }
    auto_free unsigned char *headers = xmalloc(bytes);
    if (!read_at(fd, headers, bytes, table.offset)) {
        return NULL;
    }
    for (unsigned i = 0; i < table.count; i++) {
        struct segment segment = segment_at(&table, headers + (size_t)i * table.entry_bytes);
        if (segment.type != PT_INTERP) {
            continue;
        }
        if (segment.size < 2 || segment.size > INTERPRETER_MOST) {
            return NULL;
        }
        auto_free char *path = xcalloc(segment.size + 1, 1);
        return read_at(fd, path, segment.size, segment.offset) && path[0] != '\0' ? steal_ptr(&path) : NULL;
    }
    return NULL;
}

/* What the kernel opens to start the program at `real`; NULL when that is nothing. *ret_script: by "#!", and so it is
 * started like a program itself. */
static char *interpreter_of(struct verify *verify, const char *real, bool *ret_script)
{
    char head[HEAD];
    auto_fd int fd = fs_open_beneath(verify->tree.rootfs, real, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        return NULL;
    }
    ssize_t length = pread(fd, head, sizeof(head), 0);
    if (length <= 0) {
        return NULL;
    }
    char *path = script_interpreter(head, (size_t)length);
    *ret_script = path != NULL;
    return path != NULL ? path : elf_interpreter(fd, head, (size_t)length);
}

/* Where `named` is in the tree, as the index and the disk agree on it. False when they do not, which is noted.
 * *ret_real stays empty when it is nothing of the tree. */
static bool find_program(struct verify *verify, const char *named, struct buf *ret_real, struct stat *ret_st)
{
    auto_release(buf) struct buf should = {0};
    enum verify_way way = verify_resolve(verify, named, true, &should);
    if (way == VERIFY_WAY_OUTSIDE) {
        return true;
    }
    if (fs_find_in_root(verify->tree.rootfs, named, ret_real, ret_st)) {
        return way == VERIFY_WAY_INSIDE || verify_check_used(verify, named, buf_text(ret_real));
    }
    return verify_check_missing(verify, named);
}

static bool check_program(struct verify *verify, const char *named, const char *real)
{
    auto_free char *path = xstrdup(real + strspn(real, "/"));
    bool good = verify_check_used(verify, named, path);
    for (int depth = 0; good && depth <= DEPTH_MOST; depth++) {
        bool script = false;
        struct stat st;
        auto_release(buf) struct buf next = {0};
        auto_free char *interpreter = interpreter_of(verify, path, &script);
        if (interpreter == NULL || interpreter[0] != '/') {
            break; /* a relative one is looked up where the run is, not in the tree */
        }
        good = find_program(verify, interpreter, &next, &st);
        if (!good || next.length == 0) {
            break;
        }
        good = verify_check_used(verify, interpreter, buf_text(&next));
        if (!script) {
            break;
        }
        free(path);
        path = buf_take(&next);
    }
    return good;
}

bool verify_program(struct verify *verify, const char *named, const char *real)
{
    verify_learn_covers(verify);
    return check_program(verify, named, real);
}

/* 1 it is this one; 0 not, look further; -1 spoiled. */
static int try_candidate(struct verify *verify, const char *candidate)
{
    auto_release(buf) struct buf real = {0};
    struct stat st;
    if (!find_program(verify, candidate, &real, &st)) {
        return -1;
    }
    /* execvp(3) goes on where the kernel refuses. */
    if (real.length == 0 || !S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0) {
        return 0;
    }
    return check_program(verify, candidate, buf_text(&real)) ? 1 : -1;
}

bool verify_command(struct verify *verify, const char *name, const char *search_path)
{
    if (strchr(name, '/') != NULL) {
        return name[0] != '/' || try_candidate(verify, name) >= 0;
    }
    for (const char *at = search_path; *at != '\0' && name[0] != '\0';) {
        size_t length = strcspn(at, ":");
        auto_free char *candidate = xasprintf("%.*s/%s", (int)length, at, name);
        int found = at[0] == '/' ? try_candidate(verify, candidate) : 0;
        if (found != 0) {
            return found > 0;
        }
        at += length;
        at += *at == ':';
    }
    return true;
}
