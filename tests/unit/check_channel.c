/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of sandbox/channel: messages come whole and in order, and none is lost when the other side ends. */
#include "sandbox/channel.h"

#include "unit.h"

START_TEST(passes_messages_and_descriptors)
{
    int ends[2];
    struct err err = {0};
    struct message got;
    int fd = -1;
    ck_assert_int_eq(channel_open(ends, &err), 0);
    ck_assert(channel_send(ends[0], &(struct message){.kind = MESSAGE_SIGNAL, .value = 15}, -1));
    ck_assert(channel_send(ends[0], &(struct message){.kind = MESSAGE_STDIN}, STDIN_FILENO));
    ck_assert_int_eq(channel_receive(ends[1], &got, &fd, false), 1);
    ck_assert(got.kind == MESSAGE_SIGNAL && got.value == 15 && fd == -1);
    ck_assert_int_eq(channel_receive(ends[1], &got, &fd, true), 1);
    ck_assert(got.kind == MESSAGE_STDIN && fd >= 0);
    close(fd);
    ck_assert_int_eq(channel_receive(ends[1], &got, &fd, false), -1);
    close(ends[0]);
    ck_assert_int_eq(channel_receive(ends[1], &got, &fd, false), 0);
    ck_assert(!channel_send(ends[1], &got, -1));
    close(ends[1]);
}
END_TEST

/* PID 1 reports how the command ended and is gone, while a signal for the command is still on its way to it. */
START_TEST(reads_what_was_sent_by_one_that_ended_without_reading)
{
    int ends[2];
    struct err err = {0};
    struct message got;
    ck_assert_int_eq(channel_open(ends, &err), 0);
    ck_assert(channel_send(ends[0], &(struct message){.kind = MESSAGE_SIGNAL, .value = 15}, -1));
    ck_assert(channel_send(ends[1], &(struct message){.kind = MESSAGE_ENDED, .value = 7}, -1));
    close(ends[1]);
    ck_assert_int_eq(channel_receive(ends[0], &got, NULL, false), 1);
    ck_assert(got.kind == MESSAGE_ENDED && got.value == 7);
    ck_assert_int_eq(channel_receive(ends[0], &got, NULL, false), 0);
    close(ends[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("channel");
    TCase *core = tcase_create("Core");
    tcase_add_test(core, passes_messages_and_descriptors);
    tcase_add_test(core, reads_what_was_sent_by_one_that_ended_without_reading);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
