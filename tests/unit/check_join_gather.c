/* SPDX-License-Identifier: BSD-2-Clause
 * check_join_gather: who is taken for a rank, and what is said to those who are not. */
#include "run/join_gather.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "run/join_offer.h"
#include "unit.h"

enum { RANKS = 2 };

static const char name[] = "step";
static struct unit_folder folder;
static struct join_offer offer;

static struct sockaddr_un address(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", folder.fd, name);
    return address;
}

static void begin(void)
{
    unit_folder_begin(&folder);
    offer = (struct join_offer){.step = {.local_size = RANKS, .size = RANKS}};
    strlist_add(&offer.settings, "network\tnone");
    setenv("SCIWRAP_JOIN_WAIT", "20", 1);
}

static void end(void)
{
    strlist_release(&offer.settings);
    unit_folder_end(&folder);
}

static int listen_here(void)
{
    struct sockaddr_un here = address();
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&here, sizeof(here)), 0);
    ck_assert_int_eq(listen(listener, RANKS), 0);
    return listener;
}

/* One that comes and says so; the answer waits in its socket. `added` words more than it has are announced. */
static int come(const char *wire, uint64_t local_rank, uint64_t added)
{
    struct err err = {0};
    struct sockaddr_un here = address();
    struct strlist command = {0};
    struct strlist nothing = {0};
    struct join_hello hello = {.numbered = true, .local_rank = local_rank, .passed_as = -1};
    int rank = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    strlist_add(&command, "true");
    snprintf(hello.wire, sizeof(hello.wire), "%s", wire);
    int text = join_wire_pack((const struct strlist *const[]){&offer.settings, &command, &nothing}, hello.count, &err);
    ck_assert_int_ge(text, 0);
    hello.count[1] += added;
    const int fds[] = {text, STDERR_FILENO, STDERR_FILENO, STDERR_FILENO};
    ck_assert_int_eq(connect(rank, (struct sockaddr *)&here, sizeof(here)), 0);
    ck_assert(join_wire_send(rank, &hello, sizeof(hello), fds, ROWS(fds)));
    strlist_release(&command);
    close(text);
    return rank;
}

static void answered(int rank, enum join_answer_kind kind, const char *part)
{
    struct join_answer answer;
    int fds[JOIN_FDS];
    ck_assert_int_eq(join_wire_receive(rank, &answer, sizeof(answer), fds, false), 1);
    ck_assert_int_eq(answer.kind, kind);
    ck_assert_msg(strstr(answer.err.text, part) != NULL, "%s", answer.err.text);
    close(rank);
}

static void release(struct join_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        struct join_member *member = &group->member[i];
        close(member->socket);
        for (int fd = 0; fd < STREAMS; fd++) {
            close(member->run.stdio[fd]);
        }
        strlist_release(&member->run.argv);
        strlist_release(&member->run.environment);
    }
    free(group->member);
}

START_TEST(ranks_begin_together_in_their_order)
{
    struct err err = {0};
    struct join_group group = {.offer = &offer};
    int listener = listen_here();
    int second = come(JOIN_WIRE, 1, 0);
    int first = come(JOIN_WIRE, 0, 0);
    ck_assert_int_eq(join_gather(&group, listener, folder.fd, name, &err), 0);
    assert_no_error(&err);
    ck_assert_uint_eq(group.count, RANKS);
    ck_assert_uint_eq(group.member[0].local_rank, 0);
    ck_assert(!unit_exists(&folder, name));
    answered(first, JOIN_BEGUN, "");
    answered(second, JOIN_BEGUN, "");
    release(&group);
}
END_TEST

static const struct {
    const char *wire;
    uint64_t local_rank, added;
    const char *part;
} refused[] = {
    {"sciwrap-join/0", 1, 0, "the rank was started by another version of sciwrap than the one that leads"},
    {JOIN_WIRE, 2, 0, "this says that it is rank 2 of 2 on this node"},
    {JOIN_WIRE, 0, 0,
     "two processes say that they are rank 0 on this node; for runs that are not ranks of one program"},
    {JOIN_WIRE, 1, 7, "what a rank says it is to do is not to be understood"},
};

START_TEST(who_cannot_be_a_rank_is_told_why_and_so_are_the_others)
{
    struct err err = {0};
    struct join_group group = {.offer = &offer};
    int listener = listen_here();
    int good = come(JOIN_WIRE, 0, 0);
    int bad = come(refused[_i].wire, refused[_i].local_rank, refused[_i].added);
    ck_assert_int_eq(join_gather(&group, listener, folder.fd, name, &err), -1);
    ck_assert_msg(strstr(err.text, "another rank of this step was refused: ") != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, refused[_i].part) != NULL, "%s", err.text);
    answered(bad, JOIN_FAILED, refused[_i].part);
    close(good);
    release(&group);
}
END_TEST

START_TEST(ranks_that_are_gone_are_not_waited_for)
{
    struct err err = {0};
    struct join_group group = {.offer = &offer};
    int listener = listen_here();
    close(come(JOIN_WIRE, 0, 0));
    ck_assert_int_eq(join_gather(&group, listener, folder.fd, name, &err), -1);
    assert_error(&err, ERR_HOST, "the ranks of this step are gone before it began");
    release(&group);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("join_gather");
    TCase *core = tcase_create("Core");
    tcase_add_checked_fixture(core, begin, end);
    tcase_add_test(core, ranks_begin_together_in_their_order);
    tcase_add_loop_test(core, who_cannot_be_a_rank_is_told_why_and_so_are_the_others, 0, ROWS(refused));
    tcase_add_test(core, ranks_that_are_gone_are_not_waited_for);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
