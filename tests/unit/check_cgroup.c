/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of sandbox/cgroup: where control groups are, out of the texts of proc(5). What a real group does is in
 * tests/cli/limits.bats. */
#include "sandbox/cgroup.h"

#include "base/buf.h"
#include "unit.h"

#define V2   "31 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
#define ROOT "25 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
#define V1                                                                                                             \
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"                                      \
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw master:3 - cgroup cgroup rw,cpuset\n"                                       \
    "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"                                                \
    "36 31 0:33 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n"                                              \
    "37 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"                                                    \
    "38 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"

static const struct {
    const char *mountinfo, *groups, *places;
} rows[] = {
    {ROOT V2, "0::/user.slice/user-1000.slice/session-3.scope\n",
     "v2 /sys/fs/cgroup /sys/fs/cgroup/user.slice/user-1000.slice/session-3.scope\n"},
    {ROOT V2, "0::/\n", "v2 /sys/fs/cgroup /sys/fs/cgroup\n"},
    {ROOT V1 "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
     "9:name=systemd:/s\n8:pids:/p\n5:devices:/\n4:memory:/m/n\n3:cpuset:/\n1:cpu,cpuacct:/c\n0::/u\n",
     "cpu /sys/fs/cgroup/cpu,cpuacct /sys/fs/cgroup/cpu,cpuacct/c\n"
     "cpuset /sys/fs/cgroup/cpuset /sys/fs/cgroup/cpuset\n"
     "memory /sys/fs/cgroup/memory /sys/fs/cgroup/memory/m/n\n"
     "pids /sys/fs/cgroup/pids /sys/fs/cgroup/pids/p\n"
     "v2 /sys/fs/cgroup/unified /sys/fs/cgroup/unified/u\n"},
    /* A container that sees only a part of the hierarchy. */
    {"31 23 0:26 /docker/7 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "0::/docker/7/a\n",
     "v2 /sys/fs/cgroup /sys/fs/cgroup/a\n"},
    {"31 23 0:26 /docker/7 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "0::/docker/77\n", ""},
    {ROOT V2, "0::/../../other\n", ""}, /* outside of our namespace of control groups */
    {ROOT V2, "0::/a/../../../etc\n", ""},
    {V2 V2, "0::/a\n", "v2 /sys/fs/cgroup /sys/fs/cgroup/a\n"}, /* mounted twice */
    {"31 23 0:26 / /odd\\040place rw - cgroup2 cgroup2 rw\n", "0::/\n", ""},
    {ROOT, "0::/\n", ""},
    {V2, "", ""},
    {V2, "8:pids:/p\n", ""},
    {"31 23 0:26 / /sys/fs/cgroup\n- cgroup2\n31 23 - cgroup2 x y\n\n", "0::/\n", ""}, /* cut off */
    {"31 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2\n", "0::/\n", ""},
    {V2, "0::\n0:\n:\n\n0::relative\n", ""},
    {V1, "8:pidsx:/p\n9:xpids,memor:/q\n", ""}, /* words, not parts of words */
    {"", "", ""},
};

START_TEST(finds_where_groups_are)
{
    static const char *const names[] = {"pids", "memory", "cpuset", "cpu"};
    struct cgroup_places places;
    struct buf text = {0};
    cgroup_places_parse(rows[_i].mountinfo, rows[_i].groups, &places);
    for (size_t i = 0; i < places.count; i++) {
        buf_add_text(&text, places.item[i].unified ? "v2" : "");
        for (unsigned k = 0; k < CGROUP_KINDS; k++) {
            buf_add_text(&text, (places.item[i].controllers & 1U << k) != 0 ? names[k] : "");
        }
        buf_addf(&text, " %s %s\n", places.item[i].top, places.item[i].own);
    }
    ck_assert_str_eq(buf_text(&text), rows[_i].places);
    buf_release(&text);
    cgroup_places_release(&places);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cgroup");
    TCase *core = tcase_create("Core");
    tcase_add_loop_test(core, finds_where_groups_are, 0, ROWS(rows));
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
