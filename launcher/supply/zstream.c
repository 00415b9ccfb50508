/* SPDX-License-Identifier: BSD-2-Clause
 * zstream: bytes to one zstd stream and back. */
#include "supply/zstream.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* What libarchive hands to the sink at once. */
enum { OUTPUT_BLOCK = 128 * 1024 };

struct zwriter {
    struct archive *archive;
    zstream_sink sink; /* NULL: what comes now is dropped */
    void *user;
    struct err err; /* of the sink; libarchive would only say that something failed */
};

struct zreader {
    struct archive *archive;
    zstream_source source;
    void *user;
    struct err err; /* of the source */
};

/* The first reason is the right one; libarchive's own words come last. */
static int complain(const struct err *first, struct archive *archive, enum err_kind kind, const char *what,
                    struct err *err)
{
    if (first->kind != ERR_NONE) {
        *err = *first;
        return -1;
    }
    const char *why = archive_error_string(archive);
    return err_set(err, kind, "%s: %s", what, why != NULL ? why : "unknown");
}

static la_ssize_t give_to_sink(struct archive *archive, void *data, const void *bytes, size_t length)
{
    struct zwriter *writer = data;
    if (writer->sink != NULL && writer->sink(writer->user, bytes, length, &writer->err) < 0) {
        archive_set_error(archive, EIO, "write error");
        return -1;
    }
    return (la_ssize_t)length;
}

static int begin_stream(struct zwriter *writer, int level)
{
    struct archive *archive = writer->archive;
    char text[8];
    snprintf(text, sizeof(text), "%d", level);
    struct archive_entry *entry = archive_entry_new();
    bool good = entry != NULL && archive_write_set_format_raw(archive) == ARCHIVE_OK &&
                archive_write_add_filter_zstd(archive) == ARCHIVE_OK &&
                archive_write_set_filter_option(archive, "zstd", "compression-level", text) == ARCHIVE_OK &&
                archive_write_set_bytes_per_block(archive, OUTPUT_BLOCK) == ARCHIVE_OK &&
                archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK &&
                archive_write_open(archive, writer, NULL, give_to_sink, NULL) == ARCHIVE_OK;
    if (good) {
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_pathname(entry, "data");
        good = archive_write_header(archive, entry) == ARCHIVE_OK;
    }
    archive_entry_free(entry);
    return good ? 0 : -1;
}

struct zwriter *zwriter_open(int level, zstream_sink sink, void *user, struct err *err)
{
    struct zwriter *writer = xcalloc(1, sizeof(*writer));
    *writer = (struct zwriter){.archive = archive_write_new(), .sink = sink, .user = user};
    if (writer->archive == NULL) {
        err_set(err, ERR_SYSTEM, "compress: out of memory");
    } else if (begin_stream(writer, level) < 0) {
        complain(&writer->err, writer->archive, ERR_SYSTEM, "compress", err);
    } else {
        return writer;
    }
    zwriter_close(&writer);
    return NULL;
}

int zwriter_put(struct zwriter *writer, const void *bytes, size_t length, struct err *err)
{
    if (length > 0 && archive_write_data(writer->archive, bytes, length) != (la_ssize_t)length) {
        return complain(&writer->err, writer->archive, ERR_SYSTEM, "compress", err);
    }
    return 0;
}

int zwriter_finish(struct zwriter *writer, struct err *err)
{
    if (archive_write_close(writer->archive) != ARCHIVE_OK) {
        return complain(&writer->err, writer->archive, ERR_SYSTEM, "compress", err);
    }
    return 0;
}

void zwriter_close(struct zwriter **writer)
{
    if (*writer != NULL) {
        if ((*writer)->archive != NULL) {
            /* Freeing finishes a stream that is not; archive_write_fail() would prevent that, and leak. */
            (*writer)->sink = NULL;
            archive_write_free((*writer)->archive);
        }
        free(*writer);
        *writer = NULL;
    }
}

static la_ssize_t take_from_source(struct archive *archive, void *data, const void **ret_bytes)
{
    struct zreader *reader = data;
    int64_t length = reader->source(reader->user, ret_bytes, &reader->err);
    if (length < 0) {
        archive_set_error(archive, EIO, "read error");
        return ARCHIVE_FATAL;
    }
    return (la_ssize_t)length;
}

struct zreader *zreader_open(zstream_source source, void *user, struct err *err)
{
    struct archive_entry *entry;
    struct zreader *reader = xcalloc(1, sizeof(*reader));
    *reader = (struct zreader){.archive = archive_read_new(), .source = source, .user = user};
    struct archive *archive = reader->archive;
    if (archive == NULL) {
        err_set(err, ERR_SYSTEM, "decompress: out of memory");
    } else if (archive_read_support_format_raw(archive) != ARCHIVE_OK ||
               archive_read_support_filter_zstd(archive) != ARCHIVE_OK ||
               archive_read_open(archive, reader, NULL, take_from_source, NULL) != ARCHIVE_OK ||
               archive_read_next_header(archive, &entry) != ARCHIVE_OK) {
        complain(&reader->err, archive, ERR_INVALID, "the compressed data is damaged", err);
    } else if (archive_filter_count(archive) != 2 || archive_filter_code(archive, 0) != ARCHIVE_FILTER_ZSTD) {
        /* "raw" takes anything; a second layer of compression is a bomb or a mistake */
        err_set(err, ERR_INVALID, "not one zstd stream");
    } else {
        return reader;
    }
    zreader_close(&reader);
    return NULL;
}

int64_t zreader_next(struct zreader *reader, const void **ret_bytes, struct err *err)
{
    size_t length = 0;
    la_int64_t offset;
    do {
        int status = archive_read_data_block(reader->archive, ret_bytes, &length, &offset);
        if (status == ARCHIVE_EOF) {
            return 0;
        }
        if (status != ARCHIVE_OK) {
            return complain(&reader->err, reader->archive, ERR_INVALID, "the compressed data is damaged", err);
        }
    } while (length == 0);
    return (int64_t)length;
}

void zreader_close(struct zreader **reader)
{
    if (*reader != NULL) {
        if ((*reader)->archive != NULL) {
            archive_read_free((*reader)->archive);
        }
        free(*reader);
        *reader = NULL;
    }
}
