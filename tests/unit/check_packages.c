/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of publish/packages: what dpkg recorded in a tree, and which package owns a file of it. */
#include "publish/packages.h"

#include <sys/stat.h>

#include "base/mem.h"
#include "unit.h"

static struct unit_folder folder;
static struct packages packages;

/* Makes the file and the folders above it. */
static void put(const char *path, const char *text)
{
    struct err err = {0};
    auto_free char *above = xasprintf("%s/%s", folder.path, path);
    *strrchr(above, '/') = '\0';
    ck_assert_msg(fs_make_dirs(above, 0755, &err) == 0, "%s", err.text);
    unit_write(&folder, path, text);
}

static void put_link(const char *path, const char *target)
{
    ck_assert_int_eq(symlinkat(target, folder.fd, path), 0);
}

static void begin(void)
{
    unit_folder_begin(&folder);
}

static void end(void)
{
    packages_release(&packages);
    unit_folder_end(&folder);
}

static void load(void)
{
    struct err err = {0};
    ck_assert_msg(packages_load(&packages, folder.fd, &err) == 0, "%s", err.text);
}

/* "NAME VERSION" of the owner of `path`, or "none". */
static void assert_owner(const char *path, const char *expected)
{
    struct err err = {0};
    struct package_file file = {.path = path};
    ck_assert_msg(packages_find_owners(&packages, folder.fd, &file, 1, &err) == 0, "%s", err.text);
    auto_free char *owner =
        file.owner != NULL ? xasprintf("%s %s", file.owner->name, file.owner->version) : xstrdup("none");
    ck_assert_msg(strcmp(owner, expected) == 0, "%s: %s instead of %s", path, owner, expected);
}

#define STANZA(name, version)                                                                                          \
    "Package: " name "\nStatus: install ok installed\nVersion: " version "\nArchitecture: amd64\n\n"

START_TEST(reads_the_status)
{
    put("var/lib/dpkg/status",
        "Package: samtools\nStatus: install ok installed\nPriority: optional\nVersion: 1.11-1\nArchitecture: amd64\n"
        "Description: tools\n Package: not-this\n .\n Version: 9\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: amd64\n\n"
        "Package: half\nStatus: install ok half-configured\nVersion: 1\nArchitecture: amd64\n\n"
        "Package: held\nStatus: hold ok installed\nVersion: 1:2.0~rc1+b1\nArchitecture: all\n");
    load();
    ck_assert_uint_eq(packages.count, 2);
    ck_assert_str_eq(packages_find(&packages, "samtools")->version, "1.11-1");
    ck_assert_str_eq(packages_find(&packages, "held")->version, "1:2.0~rc1+b1");
    ck_assert_str_eq(packages_find(&packages, "held:all")->architecture, "all");
    ck_assert_ptr_null(packages_find(&packages, "gone"));
}
END_TEST

static const char *const no_packages[] = {"",
                                          "\n\n\n",
                                          "Package: a\n",
                                          "Package: a b\nVersion: 1\n",
                                          "Package: a\nVersion: \\textbf{1}\nStatus: install ok installed\n",
                                          "Package: A\nVersion: 1\n",
                                          "Version: 1\n"};

START_TEST(passes_over_what_is_no_package)
{
    put("var/lib/dpkg/status", no_packages[_i]);
    load();
    ck_assert_uint_eq(packages.count, 0);
    assert_owner("/var/lib/dpkg/status", "none");
}
END_TEST

START_TEST(a_tree_without_a_record_has_no_packages)
{
    put("bin/sh", "");
    load();
    ck_assert_uint_eq(packages.count, 0);
    assert_owner("/bin/sh", "none");
    assert_owner("/absent", "none");
}
END_TEST

START_TEST(the_list_tells_the_owner)
{
    put("var/lib/dpkg/status", STANZA("one", "1") STANZA("two", "2"));
    put("var/lib/dpkg/info/one.list", "/.\n/usr\n/usr/bin\n/usr/bin/a\n");
    put("var/lib/dpkg/info/two.list", "/.\n/usr\n/usr/bin\n/usr/bin/b\n");
    put("var/lib/dpkg/info/three.list", "/usr/bin/c\n"); /* not in the status */
    put("usr/bin/a", "");
    put("usr/bin/b", "");
    put("usr/bin/c", "");
    put("usr/bin/ab", "");
    load();
    assert_owner("/usr/bin/a", "one 1");
    assert_owner("/usr/bin/b", "two 2");
    assert_owner("/usr/bin/../bin//b", "two 2");
    assert_owner("/usr/bin/c", "none");
    assert_owner("/usr/bin/ab", "none");
}
END_TEST

START_TEST(links_are_followed_inside)
{
    put("var/lib/dpkg/status",
        STANZA("mawk", "1.3") STANZA("python3-minimal", "3.11") STANZA("python3.11-minimal", "3.11.2"));
    put("var/lib/dpkg/info/mawk.list", "/usr/bin/mawk\n");
    put("var/lib/dpkg/info/python3-minimal.list", "/usr/bin/python3\n");
    put("var/lib/dpkg/info/python3.11-minimal.list", "/usr/bin/python3.11\n");
    put("usr/bin/mawk", "");
    put("etc/alternatives/x", "");
    put("usr/bin/python3.11", "");
    put_link("etc/alternatives/awk", "/usr/bin/mawk");
    put_link("usr/bin/awk", "/etc/alternatives/awk");
    put_link("usr/bin/python3", "python3.11");
    load();
    assert_owner("/usr/bin/awk", "mawk 1.3");
    assert_owner("/usr/bin/python3", "python3.11-minimal 3.11.2");
}
END_TEST

START_TEST(a_package_that_owns_only_the_link_is_the_second_choice)
{
    put("var/lib/dpkg/status", STANZA("links", "1"));
    put("var/lib/dpkg/info/links.list", "/usr/bin/tool\n");
    put("usr/bin/tool.real", "");
    put_link("usr/bin/tool", "tool.real");
    load();
    assert_owner("/usr/bin/tool", "links 1");
    assert_owner("/usr/bin/tool.real", "none");
}
END_TEST

START_TEST(both_names_of_a_merged_usr_are_known)
{
    put("var/lib/dpkg/status", STANZA("bash", "5") STANZA("perl", "5.36"));
    put("var/lib/dpkg/info/bash.list", "/bin\n/bin/bash\n");
    put("var/lib/dpkg/info/perl.list", "/usr/bin/perl\n");
    put("usr/bin/bash", "");
    put("usr/bin/perl", "");
    put_link("bin", "usr/bin");
    put_link("usr/sbin", "bin");
    load();
    assert_owner("/usr/bin/bash", "bash 5");
    assert_owner("/bin/bash", "bash 5");
    assert_owner("/bin/perl", "perl 5.36");
    assert_owner("/usr/sbin/perl", "perl 5.36");
}
END_TEST

START_TEST(architectures_are_told_apart)
{
    put("var/lib/dpkg/status", STANZA("libc6", "2.36") "Package: libc6\nStatus: install ok installed\nVersion: 2.35\n"
                                                       "Architecture: i386\n\n");
    put("var/lib/dpkg/info/libc6:amd64.list", "/lib/x86_64/libc.so.6\n");
    put("var/lib/dpkg/info/libc6:i386.list", "/lib/i386/libc.so.6\n");
    put("lib/x86_64/libc.so.6", "");
    put("lib/i386/libc.so.6", "");
    load();
    assert_owner("/lib/x86_64/libc.so.6", "libc6 2.36");
    assert_owner("/lib/i386/libc.so.6", "libc6 2.35");
}
END_TEST

START_TEST(sums_tell_where_there_is_no_list)
{
    put("var/lib/dpkg/status", STANZA("one", "1") STANZA("two", "2"));
    put("var/lib/dpkg/info/one.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/bin/a\nnonsense\n");
    put("var/lib/dpkg/info/two.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/bin/b\n");
    put("var/lib/dpkg/info/two.list", "/.\n");
    put("usr/bin/a", "");
    put("usr/bin/b", "");
    load();
    assert_owner("/usr/bin/a", "one 1");
    assert_owner("/usr/bin/b", "none");
}
END_TEST

START_TEST(an_image_without_dpkg)
{
    put("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n");
    put("var/lib/dpkg/status.d/python3.11-minimal",
        "Package: python3.11-minimal\nVersion: 3.11.2-6\nArchitecture: amd64\n");
    put("var/lib/dpkg/status.d/python3.11-minimal.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/bin/python3.11\n");
    put("usr/bin/python3.11", "");
    load();
    ck_assert_uint_eq(packages.count, 2);
    assert_owner("/usr/bin/python3.11", "python3.11-minimal 3.11.2-6");
}
END_TEST

START_TEST(diversions)
{
    put("var/lib/dpkg/status", STANZA("dash", "0.5") STANZA("bash", "5") STANZA("tool", "1"));
    put("var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib\ndash\n/usr/bin/tool\n/usr/bin/tool.orig\n:\n/half\n");
    put("var/lib/dpkg/info/dash.list", "/bin/sh\n");
    put("var/lib/dpkg/info/bash.list", "/bin/sh\n");
    put("var/lib/dpkg/info/tool.list", "/usr/bin/tool\n");
    put("bin/sh", "");
    put("bin/sh.distrib", "");
    put("usr/bin/tool", "");
    put("usr/bin/tool.orig", "");
    load();
    assert_owner("/bin/sh", "dash 0.5");
    assert_owner("/bin/sh.distrib", "bash 5");
    assert_owner("/usr/bin/tool.orig", "tool 1");
    assert_owner("/usr/bin/tool", "none"); /* the administrator's */
}
END_TEST

START_TEST(no_link_leads_to_the_host)
{
    auto_free char *outside = xasprintf("%s-outside", folder.path);
    struct err err = {0};
    ck_assert_int_eq(mkdir(outside, 0755), 0);
    auto_free char *status = xasprintf("%s/status", outside);
    auto_fd int fd = open(status, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    ck_assert_int_gt(write(fd, STANZA("host", "1"), strlen(STANZA("host", "1"))), 0);
    put("var/lib/x", "");
    put_link("var/lib/dpkg", outside);
    load();
    ck_assert_uint_eq(packages.count, 0);
    ck_assert_int_eq(fs_remove_tree(AT_FDCWD, outside, &err), 0);
}
END_TEST

START_TEST(a_fifo_or_a_folder_is_no_record)
{
    put("var/lib/dpkg/info/x.list", "");
    ck_assert_int_eq(mkfifoat(folder.fd, "var/lib/dpkg/status", 0644), 0);
    load();
    ck_assert_uint_eq(packages.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("packages");
    TCase *core = tcase_create("Core");
    tcase_add_checked_fixture(core, begin, end);
    tcase_add_test(core, reads_the_status);
    tcase_add_test(core, a_tree_without_a_record_has_no_packages);
    tcase_add_test(core, the_list_tells_the_owner);
    tcase_add_test(core, links_are_followed_inside);
    tcase_add_test(core, a_package_that_owns_only_the_link_is_the_second_choice);
    tcase_add_test(core, both_names_of_a_merged_usr_are_known);
    tcase_add_test(core, architectures_are_told_apart);
    tcase_add_test(core, sums_tell_where_there_is_no_list);
    tcase_add_test(core, an_image_without_dpkg);
    tcase_add_test(core, diversions);
    suite_add_tcase(suite, core);
    TCase *refuses = tcase_create("Refuses");
    tcase_add_checked_fixture(refuses, begin, end);
    tcase_add_loop_test(refuses, passes_over_what_is_no_package, 0, ROWS(no_packages));
    tcase_add_test(refuses, no_link_leads_to_the_host);
    tcase_add_test(refuses, a_fifo_or_a_folder_is_no_record);
    suite_add_tcase(suite, refuses);
    return unit_run(suite);
}
