/* SPDX-License-Identifier: BSD-2-Clause
 * Two outputs of any bytes compared: there is a verdict, its texts can be shown, and a file is identical to itself. The
 * input is split where its first two bytes say; the third chooses a name and whether there is a tolerance. */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "run/verdict.h"

static int file_of(const uint8_t *bytes, size_t length)
{
    int fd = memfd_create("file", MFD_CLOEXEC);
    FUZZ_PROMISE(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
    return fd;
}

static void check_text(const char *text, size_t room)
{
    size_t length = strnlen(text, room);
    FUZZ_PROMISE(length < room && text_is_utf8(text, length));
    for (size_t i = 0; i < length; i++) {
        FUZZ_PROMISE((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
    }
}

static void check(const struct verdict_result *result)
{
    FUZZ_PROMISE(result->verdict <= VERDICT_DIFFERENT);
    check_text(result->detail, sizeof(result->detail));
    check_text(result->then_text, sizeof(result->then_text));
    check_text(result->now_text, sizeof(result->now_text));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char *const names[] = {"a", "a.csv", "a.vcf.gz", "a.json"};
    static struct verdict_rules rules;
    struct verdict_result result;
    struct verdict_result same;
    struct err err = {0};
    if (length < 3) {
        return 0;
    }
    if (rules.ignore.count == 0) {
        FUZZ_PROMISE(patterns_add(&rules.ignore, "[0-9]+ ms", &err) == 0);
        strlist_add(&rules.then_paths, "/then");
        strlist_add(&rules.now_paths, "/now");
    }
    size_t middle = ((size_t)bytes[0] << 8 | bytes[1]) % (length - 2);
    const char *name = names[bytes[2] & 3];
    rules.tolerance.rtol = (bytes[2] & 4) != 0 ? 0.1 : 0;
    bytes += 3;
    length -= 3;
    struct verdict_file then = {.fd = file_of(bytes, middle), .size = middle};
    struct verdict_file now = {.fd = file_of(bytes + middle, length - middle), .size = length - middle};
    verdict_files(&then, &now, name, &rules, &result);
    check(&result);
    verdict_files(&then, &then, name, &rules, &same);
    FUZZ_PROMISE(same.verdict == VERDICT_IDENTICAL);
    close(then.fd);
    close(now.fd);
    return 0;
}
