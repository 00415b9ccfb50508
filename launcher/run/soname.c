/* SPDX-License-Identifier: BSD-2-Clause
 * soname: the name by which programs ask for a shared library. */
#include "run/soname.h"

#include <elf.h>
#include <endian.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"

enum { SEGMENTS_MOST = 1024, ENTRIES_MOST = 4096, NAME_BYTES = 256 };

/* What both classes of ELF have under other names. */
struct segment {
    uint32_t type;
    uint64_t offset, address, size;
};

struct elf {
    int fd;
    bool is_64;
    struct segment *segment;
    size_t count;
};

static void elf_release(struct elf *elf)
{
    free(elf->segment);
}

static bool read_at(int fd, void *bytes, size_t length, uint64_t offset)
{
    return offset <= INT64_MAX - (1 << 20) && pread(fd, bytes, length, (off_t)offset) == (ssize_t)length;
}

static bool read_segments(struct elf *elf, uint64_t offset, size_t entry_bytes, size_t count)
{
    size_t wanted = elf->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    if (entry_bytes != wanted || count > SEGMENTS_MOST) {
        return false;
    }
    auto_free unsigned char *bytes = xcalloc(count + 1, entry_bytes);
    if (!read_at(elf->fd, bytes, count * entry_bytes, offset)) {
        return false;
    }
    elf->segment = xcalloc(count + 1, sizeof(*elf->segment));
    elf->count = count;
    for (size_t i = 0; i < count; i++) {
        Elf64_Phdr wide;
        Elf32_Phdr narrow;
        if (elf->is_64) {
            memcpy(&wide, bytes + i * entry_bytes, sizeof(wide));
            elf->segment[i] = (struct segment){wide.p_type, wide.p_offset, wide.p_vaddr, wide.p_filesz};
        } else {
            memcpy(&narrow, bytes + i * entry_bytes, sizeof(narrow));
            elf->segment[i] = (struct segment){narrow.p_type, narrow.p_offset, narrow.p_vaddr, narrow.p_filesz};
        }
    }
    return true;
}

static bool read_header(struct elf *elf)
{
    const unsigned char order = __BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;
    union {
        unsigned char ident[EI_NIDENT];
        Elf64_Ehdr wide;
        Elf32_Ehdr narrow;
    } head = {{0}};
    if (!read_at(elf->fd, &head, sizeof(head.narrow), 0) || memcmp(head.ident, ELFMAG, SELFMAG) != 0 ||
        head.ident[EI_DATA] != order) {
        return false;
    }
    elf->is_64 = head.ident[EI_CLASS] == ELFCLASS64;
    if (elf->is_64) {
        return read_at(elf->fd, &head, sizeof(head.wide), 0) &&
               read_segments(elf, head.wide.e_phoff, head.wide.e_phentsize, head.wide.e_phnum);
    }
    return head.ident[EI_CLASS] == ELFCLASS32 &&
           read_segments(elf, head.narrow.e_phoff, head.narrow.e_phentsize, head.narrow.e_phnum);
}

/* Where in the file the byte is that is loaded at `address`. */
static bool offset_of(const struct elf *elf, uint64_t address, uint64_t *ret_offset)
{
    for (size_t i = 0; i < elf->count; i++) {
        const struct segment *segment = &elf->segment[i];
        if (segment->type == PT_LOAD && address >= segment->address && address - segment->address < segment->size &&
            segment->offset <= INT64_MAX - segment->size) {
            *ret_offset = segment->offset + (address - segment->address);
            return true;
        }
    }
    return false;
}

struct tag {
    int64_t tag;
    uint64_t value;
};

static struct tag tag_at(const struct elf *elf, const unsigned char *bytes, size_t i)
{
    Elf64_Dyn wide;
    Elf32_Dyn narrow;
    if (elf->is_64) {
        memcpy(&wide, bytes + i * sizeof(wide), sizeof(wide));
        return (struct tag){wide.d_tag, wide.d_un.d_val};
    }
    memcpy(&narrow, bytes + i * sizeof(narrow), sizeof(narrow));
    return (struct tag){narrow.d_tag, narrow.d_un.d_val};
}

/* Address of the string table and place of the name in it. */
static bool find_name(const struct elf *elf, uint64_t *ret_table, uint64_t *ret_at)
{
    size_t entry = elf->is_64 ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
    bool has_table = false;
    bool has_name = false;
    for (size_t s = 0; s < elf->count; s++) {
        if (elf->segment[s].type != PT_DYNAMIC) {
            continue;
        }
        size_t count = elf->segment[s].size / entry < ENTRIES_MOST ? elf->segment[s].size / entry : ENTRIES_MOST;
        auto_free unsigned char *bytes = xcalloc(count + 1, entry);
        if (!read_at(elf->fd, bytes, count * entry, elf->segment[s].offset)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            struct tag tag = tag_at(elf, bytes, i);
            if (tag.tag == DT_NULL) {
                break;
            }
            has_table |= tag.tag == DT_STRTAB;
            has_name |= tag.tag == DT_SONAME;
            *ret_table = tag.tag == DT_STRTAB ? tag.value : *ret_table;
            *ret_at = tag.tag == DT_SONAME ? tag.value : *ret_at;
        }
        break;
    }
    return has_table && has_name;
}

static char *read_name(const struct elf *elf)
{
    uint64_t table = 0;
    uint64_t at = 0;
    uint64_t offset = 0;
    char name[NAME_BYTES] = "";
    if (!find_name(elf, &table, &at) || at > UINT32_MAX || table > INT64_MAX || !offset_of(elf, table + at, &offset)) {
        return NULL;
    }
    ssize_t got = pread(elf->fd, name, sizeof(name) - 1, (off_t)offset);
    bool whole = got > 0 && memchr(name, '\0', (size_t)got) != NULL;
    bool plain = whole && name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
    return plain ? xstrdup(name) : NULL;
}

bool soname_read(int fd, struct soname *ret_soname)
{
    auto_release(elf) struct elf elf = {.fd = fd};
    if (!read_header(&elf)) {
        return false;
    }
    *ret_soname = (struct soname){.is_64 = elf.is_64, .name = read_name(&elf)};
    return true;
}
