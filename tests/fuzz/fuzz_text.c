/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes shown on a terminal: nothing that drives it comes through, whatever the room. */
#include "fuzz.h"

#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char shown[300];
    size_t room = length > 0 ? (size_t)bytes[0] + 1 : sizeof(shown);
    text_escape(shown, room, (const char *)bytes, length);
    size_t shown_length = strlen(shown);
    FUZZ_PROMISE(shown_length < room && text_is_utf8(shown, shown_length));
    for (size_t i = 0; i < shown_length; i++) {
        FUZZ_PROMISE((unsigned char)shown[i] >= 0x20 && shown[i] != 0x7f);
    }
    uint64_t value = 0;
    text_to_u64(shown, 0, UINT64_MAX, &value);
    static const char *const words[] = {"description", "command", NULL};
    text_nearest(shown, words);
    return 0;
}
