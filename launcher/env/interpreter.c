/* SPDX-License-Identifier: BSD-2-Clause
 * interpreter: which file the kernel opens, besides a program, to start it. */
#include "env/interpreter.h"

#include <elf.h>
#include <endian.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"

enum {
    HEAD = 256,           /* the kernel reads no more of a script's first line (BINPRM_BUF_SIZE) */
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

char *interpreter_of(int fd, bool *ret_script)
{
    char head[HEAD];
    *ret_script = false;
    ssize_t length = pread(fd, head, sizeof(head), 0);
    if (length <= 0) {
        return NULL;
    }
    char *path = script_interpreter(head, (size_t)length);
    *ret_script = path != NULL;
    return path != NULL ? path : elf_interpreter(fd, head, (size_t)length);
}
