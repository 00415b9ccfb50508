/* SPDX-License-Identifier: BSD-2-Clause
 * programs: the program files that a run executed. */
#include "run/programs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "env/index.h"

/* A whole index, mapped. */
struct mapped {
    char *text; /* NULL when there is none */
    size_t length;
};

static struct mapped map_index(const char *rootfs)
{
    struct stat st;
    auto_free char *path = xasprintf("%s/../index", rootfs);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= 0) {
        return (struct mapped){0};
    }
    void *text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (text == MAP_FAILED) {
        return (struct mapped){0};
    }
    return (struct mapped){.text = text, .length = (size_t)st.st_size};
}

static void find_digest(const struct observer *observer, const struct mapped *index, struct program *program)
{
    struct place place;
    struct err ignored = {0};
    places_find(&observer->places, program->path, &place);
    if (place.kind == PLACE_HOST) {
        struct book_file *page = book_at(&observer->book, place.host);
        const struct book_file *first = page != NULL ? book_first(page) : NULL;
        program->has_digest = first != NULL && first->content == BOOK_KNOWN;
        program->digest = program->has_digest ? first->digest : program->digest;
    } else if (place.kind == PLACE_ROOTFS && index->text != NULL) {
        struct index_entry entry = {0};
        bool found = index_find(index->text, index->length, program->path + 1, &entry, &ignored) == 1;
        program->has_digest = found && entry.type == 'f';
        program->digest = entry.digest;
        index_entry_release(&entry);
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct program *)a)->path, ((const struct program *)b)->path);
}

static struct program *add(struct program_list *programs, char *path)
{
    programs->item = xreallocarray(programs->item, programs->count + 1, sizeof(*programs->item));
    struct program *program = &programs->item[programs->count++];
    *program = (struct program){.path = path};
    return program;
}

static void add_once(const struct observer *observer, const struct mapped *index, struct strmap *known,
                     const char *path, struct program_list *programs)
{
    if (path[0] == '/' && strmap_get(known, path) == NULL) {
        strmap_put(known, path, known);
        find_digest(observer, index, add(programs, xstrdup(path)));
    }
}

void programs_gather(const struct observer *observer, const char *rootfs, struct program_list *ret_programs)
{
    struct mapped index = map_index(rootfs);
    struct strmap known = {0};
    for (size_t i = 0; i < observer->processes.count; i++) {
        const struct process *process = observer->processes.item[i];
        for (size_t k = 0; k < process->program_count; k++) {
            add_once(observer, &index, &known, process->program[k].path, ret_programs);
        }
    }
    for (size_t i = 0; i < observer->interpreters.count; i++) {
        add_once(observer, &index, &known, observer->interpreters.item[i], ret_programs);
    }
    if (ret_programs->count > 1) {
        qsort(ret_programs->item, ret_programs->count, sizeof(*ret_programs->item), compare);
    }
    strmap_release(&known);
    if (index.text != NULL) {
        munmap(index.text, index.length);
    }
}

struct doc *programs_doc(const struct program_list *programs)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < programs->count; i++) {
        struct doc *object = doc_object();
        doc_put_text(object, "path", programs->item[i].path);
        if (programs->item[i].has_digest) {
            char hex[DIGEST_HEX + 1];
            digest_to_hex(&programs->item[i].digest, hex);
            doc_put_text(object, "sha256", hex);
        }
        doc_append(array, object);
    }
    return array;
}

int programs_read(const struct reader *reader, const struct doc *array, struct program_list *ret_programs)
{
    for (size_t i = 0; i < doc_count(array); i++) {
        const struct doc *object = doc_at(array, i);
        char *path = NULL;
        if (reader_absolute(reader, object, "path", &path) < 0) {
            free(path);
            return err_wrap(reader->err, "programs");
        }
        struct program *program = add(ret_programs, path);
        program->has_digest = doc_get(object, "sha256") != NULL;
        if (program->has_digest && reader_digest(reader, object, "sha256", &program->digest) < 0) {
            return err_wrap(reader->err, "programs");
        }
    }
    return 0;
}

void program_list_release(struct program_list *programs)
{
    for (size_t i = 0; i < programs->count; i++) {
        free(programs->item[i].path);
    }
    free(programs->item);
    *programs = (struct program_list){0};
}
