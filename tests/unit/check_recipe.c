/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/recipe, supply/lockfile, supply/sources, and of what supply/apt reads out of apt's answers. */
#include "supply/recipe.h"

#include "supply/apt.h"
#include "supply/lockfile.h"
#include "supply/sources.h"
#include "unit.h"

#define HEX  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD "[recipe]\nsuite = bookworm\npackages = tool\n"

static int parse(struct recipe *recipe, const char *text, struct err *err)
{
    return recipe_parse(recipe, "/recipes/tool.ini", text, strlen(text), err);
}

START_TEST(reads_every_key)
{
    struct err err = {0};
    struct recipe recipe = {0};
    const char *text = "[recipe]\ndescription = d\nsuite = bookworm\narchitecture = arm64\npockets = release security\n"
                       "packages = tool libtool0\npackages = g++-12\nwithout = dpkg\nexclude = usr/share/doc/*\n"
                       "include = usr/share/doc/*/copyright\nfile-lists = yes\n[archive]\nname = one\nurl = "
                       "https://example.org/one.tar\n"
                       "url = one.tar\nsha256 = " HEX "\nsize = 5\nstrip = 1\nprefix = opt/one\n[archive]\nname = two\n"
                       "url = /two.tar\nsha256 = " HEX "\nsize = 6\n[links]\nbin = usr/bin\n[files]\netc/a = x\\n\n"
                       "etc/a = y\\x3bz\\\\\\t\nusr/bin/b@0755 = #!/bin/sh\\n\n[folders]\ntmp = 1777\n";
    ck_assert_int_eq(parse(&recipe, text, &err), 0);
    assert_no_error(&err);
    ck_assert_str_eq(recipe.name, "tool");
    ck_assert_str_eq(recipe.architecture, "arm64");
    ck_assert_uint_eq(recipe.packages.count, 3);
    ck_assert_uint_eq(recipe.pockets.count, 2);
    ck_assert(recipe.file_lists);
    ck_assert_uint_eq(recipe.archives, 2);
    ck_assert_str_eq(recipe.archive[0].url.item[1], "/recipes/one.tar");
    ck_assert_uint_eq(recipe.archive[0].strip, 1);
    ck_assert_str_eq(recipe.archive[1].prefix, "");
    ck_assert_uint_eq(recipe.files.count, 2);
    ck_assert_uint_eq(recipe.files.item[0].length, 7);
    ck_assert_mem_eq(recipe.files.item[0].text, "x\ny;z\\\t", 7);
    ck_assert_uint_eq(recipe.files.item[1].mode, 0755);
    ck_assert_str_eq(recipe.links.item[0].text, "usr/bin");
    ck_assert_uint_eq(recipe.folders.item[0].mode, 01777);
    auto_free char *lock = recipe_lock_path(&recipe);
    ck_assert_str_eq(lock, "/recipes/tool.lock");
    recipe_release(&recipe);
    recipe_release(&recipe);
}
END_TEST

static const struct {
    const char *text, *message;
} refused[] = {
    {"[recipe]\nsuite = bookworm\n", "tool.ini: [recipe] needs 'suite' and 'packages'"},
    {"[recipe]\npackages = a\n", "tool.ini: [recipe] needs 'suite' and 'packages'"},
    {"[recipe]\npakages = a\n", "tool.ini:2: unknown key 'pakages' in [recipe]; did you mean 'packages'?"},
    {"[recipe]\nfile-lists = 1\n", "tool.ini:2: file-lists = '1': one of yes, no"},
    {"[archive]\nname = a/b\n", "tool.ini:2: name = 'a/b': letters, digits and . _ + - only"},
    {"[archive]\nname = a\nurl = x y\n", "tool.ini:3: url = 'x y': an address or path without blanks"},
    {"[archive]\nname = a\nsha256 = AB\n", "tool.ini:3: sha256 = 'AB': 64 lower-case hexadecimal digits"},
    {"[recipe]\nsuite = -x\n", "tool.ini:2: suite = '-x'"},
    {"[recipe]\nsuite = a/b\n", "tool.ini:2: suite = 'a/b'"},
    {"[recipe]\npackages = a --force\n", "tool.ini:2: '--force' cannot stand in 'packages'"},
    {"[recipe]\npackages = a b a\n", "tool.ini:2: 'a' stands in 'packages' twice"},
    {"[recipe]\npackages = a=1\n", "'a=1' cannot stand in 'packages'"},
    {HEAD "pockets = backports\n", "'backports' cannot stand in 'pockets'"},
    {HEAD "exclude = /usr/*\n", "exclude = '/usr/*': a relative path"},
    {HEAD "[archive]\nsize = 1\n", "'size' before 'name'"},
    {HEAD "[archive]\nname = a\nurl = x\nsize = 1\n", "archive 'a' needs 'url', 'sha256' and 'size'"},
    {HEAD "[archive]\nname = a\nprefix = ../x\n", "prefix = '../x'"},
    {HEAD "[archive]\nname = a\nstrip = 65\n", "strip = '65'"},
    {HEAD "[links]\n/bin = usr/bin\n", "'/bin': a path relative to the root"},
    {HEAD "[links]\na/../b = x\n", "'a/../b': a path relative to the root"},
    {HEAD "[links]\nbin =\n", "link 'bin' has no target"},
    {HEAD "[links]\nbin = a\nbin = b\n", "key 'bin' stands in [links] twice"},
    {HEAD "[files]\na@4755 = x\n", "after '@' octal permissions"},
    {HEAD "[files]\na@9 = x\n", "after '@' octal permissions"},
    {HEAD "[files]\na@755 = x\na = y\n", "'a' has other permissions than in line 5"},
    {HEAD "[files]\na = \\q\n", "'\\q' in the text"},
    {HEAD "[files]\na = \\x4\n", "'\\x4' in the text"},
    {HEAD "[files]\na = \\\n", "in the text"},
    {HEAD "[folders]\na = 2755\n", "no set-id bits"},
    {HEAD "[folders]\na = rwx\n", "octal permissions"},
    {HEAD "[commands]\nrun = 'x\n", "a quotation mark is not closed"},
    {HEAD "[command]\nrun = x\n", "unknown section [command]; did you mean [commands]?"},
};

START_TEST(refuses_with_file_and_line)
{
    struct err err = {0};
    struct recipe recipe = {0};
    ck_assert_int_eq(parse(&recipe, refused[_i].text, &err), -1);
    assert_error(&err, ERR_INVALID, refused[_i].message);
    ck_assert_ptr_null(recipe.name);
}
END_TEST

START_TEST(wants_the_same_whatever_the_order)
{
    struct err err = {0};
    struct recipe one = {0}, same = {0}, other = {0};
    struct digest a, b, c;
    ck_assert_int_eq(parse(&one, "[recipe]\nsuite = s\npackages = a b\n", &err), 0);
    ck_assert_int_eq(parse(&same, "[recipe]\nsuite = s\npackages = b\npackages = a\nexclude = x\n", &err), 0);
    ck_assert_int_eq(parse(&other, "[recipe]\nsuite = s\npackages = a\nwithout = b\n", &err), 0);
    recipe_wants(&one, &a);
    recipe_wants(&same, &b);
    recipe_wants(&other, &c);
    ck_assert(digest_equal(&a, &b));
    ck_assert(!digest_equal(&a, &c));
    recipe_release(&one);
    recipe_release(&same);
    recipe_release(&other);
}
END_TEST

#define LOCK_HEAD                                                                                                      \
    "[lock]\nformat = 1\nwants = " HEX "\nsuite = bookworm\narchitecture = amd64\nsnapshot = 20240229T235959Z\n"
#define PACKAGE(name)                                                                                                  \
    "[package]\nname = " name "\nversion = 1:2.0~rc1-1+b1\narchive = debian-security\n"                                \
    "path = pool/updates/main/" name "_2.0.deb\nsize = 10\nsha256 = " HEX "\n"

START_TEST(writes_the_lock_that_it_reads)
{
    struct err err = {0};
    struct lockfile lock = {0}, again = {0};
    auto_release(buf) struct buf one = {0}, two = {0};
    const char *text = LOCK_HEAD PACKAGE("a") PACKAGE("b");
    ck_assert_int_eq(lockfile_parse(&lock, "x.lock", text, strlen(text), &err), 0);
    ck_assert_uint_eq(lock.count, 2);
    lockfile_format(&lock, &one);
    ck_assert_int_eq(lockfile_parse(&again, "x.lock", one.bytes, one.length, &err), 0);
    lockfile_format(&again, &two);
    ck_assert_str_eq(buf_text(&one), buf_text(&two));
    lockfile_release(&lock);
    lockfile_release(&again);
}
END_TEST

static const struct {
    const char *text, *message;
} locks_refused[] = {
    {LOCK_HEAD, "a lock has packages"},
    {"[lock]\nformat = 2\n", "x.lock:2: format '2'; this program reads 1"},
    {LOCK_HEAD PACKAGE("b") PACKAGE("a"), "package 'a' stands after 'b'"},
    {LOCK_HEAD PACKAGE("a") PACKAGE("a"), "package 'a' stands after 'a'"},
    {LOCK_HEAD "[package]\nversion = 1\n", "'version' before 'name'"},
    {LOCK_HEAD "[package]\nname = a\n", "package 'a' needs version, archive, path, size and sha256"},
    {LOCK_HEAD "[package]\nname = a\npath = ../../etc/passwd\n", "path = '../../etc/passwd'"},
    {LOCK_HEAD "[package]\nname = a\npath = dists/x\n", "path = 'dists/x': a path below pool/"},
    {LOCK_HEAD "[package]\nname = a\npath = pool/a?b\n", "a path below pool/"},
    {LOCK_HEAD "[package]\nname = a\narchive = ubuntu\n", "archive = 'ubuntu'"},
    {LOCK_HEAD "[package]\nname = a\nsize = 0\n", "size = '0'"},
    {"[lock]\nwants = AB\n", "x.lock:2: wants = 'AB': 64 lower-case hexadecimal digits"},
    {"[package]\nname = a/b\n", "x.lock:2: 'a/b' is not the name of a package"},
    {"[lock]\nsnapshot = 20240230T000000Z\n", "snapshot = '20240230T000000Z': a time"},
    {"[lock]\nsnapshot = 2024-01-01\n", "a time such as"},
};

START_TEST(refuses_a_lock)
{
    struct err err = {0};
    struct lockfile lock = {0};
    const char *text = locks_refused[_i].text;
    ck_assert_int_eq(lockfile_parse(&lock, "x.lock", text, strlen(text), &err), -1);
    assert_error(&err, ERR_INVALID, locks_refused[_i].message);
    ck_assert_uint_eq(lock.count, 0);
}
END_TEST

START_TEST(reads_snapshot_times)
{
    int64_t seconds = 0;
    ck_assert(lockfile_time("19700101T000001Z", &seconds) && seconds == 1);
    ck_assert(lockfile_time("20240229T120000Z", &seconds) && seconds == 1709208000);
    ck_assert(!lockfile_time("20240229T250000Z", &seconds));
    ck_assert(!lockfile_time("19691231T235959Z", &seconds));
    ck_assert(!lockfile_time("", &seconds));
    ck_assert_int_eq(seconds, 1709208000);
}
END_TEST

static const struct {
    const char *text;
    bool deb822;
    const char *bases; /* joined with blanks */
} apt_sources[] = {
    {"deb http://a.example.org/debian bookworm main\n# deb http://b.example.org/debian x\n", false,
     "http://a.example.org/debian"},
    {"deb [arch=amd64 signed-by=/k] https://a.example.org/debian/ s main\ndeb-src http://b.example.org/debian s\n",
     false, "https://a.example.org/debian"},
    {"deb http://a.example.org/ubuntu jammy main\ndeb http://a.example.org/debian-security s main", false,
     "http://a.example.org/debian-security"},
    {"deb cdrom:[Debian]/debian s main\ndeb file:/srv/debian s main\n", false, "file:/srv/debian"},
    {"Types: deb\nURIs: http://a.example.org/debian\n http://b.example.org/debian/\nSuites: s\n\n"
     "Types: deb\nuris: http://c.example.org/debian-security\nEnabled: no\n",
     true, "http://a.example.org/debian http://b.example.org/debian"},
    {"# comment\nTypes: deb\n# URIs: http://x.example.org/debian\nURIs: http://a.example.org/debian\n", true,
     "http://a.example.org/debian"},
    {"", true, ""},
};

START_TEST(finds_debian_in_the_sources_of_apt)
{
    auto_release(strlist) struct strlist bases = {0};
    auto_release(buf) struct buf joined = {0};
    sources_parse(apt_sources[_i].text, apt_sources[_i].deb822, &bases);
    for (size_t i = 0; i < bases.count; i++) {
        buf_addf(&joined, "%s%s", i > 0 ? " " : "", bases.item[i]);
    }
    ck_assert_str_eq(buf_text(&joined), apt_sources[_i].bases);
}
END_TEST

START_TEST(forms_addresses_in_the_order_of_the_sources)
{
    auto_release(strlist) struct strlist bases = {0}, from = {0}, mirrors = {0};
    setenv("SCIWRAP_DEBIAN_MIRROR", "http://b.example.org/debian-security  /srv/mirror", 1);
    strlist_add(&mirrors, "http://a.example.org/debian/");
    sources_list(&mirrors, &bases);
    ck_assert_uint_ge(bases.count, 3);
    sources_addresses(&bases, "debian-security", "pool/updates/a+b_1~2.deb", &from);
    ck_assert_str_eq(from.item[0], "http://a.example.org/debian-security/pool/updates/a%2bb_1~2.deb");
    ck_assert_str_eq(from.item[1], "http://b.example.org/debian-security/pool/updates/a%2bb_1~2.deb");
    ck_assert_str_eq(from.item[2], "/srv/mirror/pool/updates/a+b_1~2.deb");
    auto_free char *snapshot = sources_snapshot("debian", "20240101T000000Z", "pool/x.deb");
    ck_assert_str_eq(snapshot, "https://snapshot.debian.org/archive/debian/20240101T000000Z/pool/x.deb");
}
END_TEST

START_TEST(reads_what_apt_prints)
{
    auto_free char *address = NULL, *name = NULL, *version = NULL;
    const char *line = "'http://a.example.org/debian/pool/z_1.2%2bx.deb' zlib1g_1%3a1.2+x_amd64.deb 91420 MD5Sum:00";
    ck_assert(apt_parse_uri(line, strlen(line), &address, &name, &version));
    ck_assert_str_eq(address, "http://a.example.org/debian/pool/z_1.2%2bx.deb");
    ck_assert_str_eq(name, "zlib1g");
    ck_assert_str_eq(version, "1:1.2+x");
    char *none = NULL;
    const char *prose = "After this operation, 1 MB of additional disk space will be used.";
    ck_assert(!apt_parse_uri(prose, strlen(prose), &none, &none, &none));
    ck_assert(!apt_parse_uri("'x' y", 5, &none, &none, &none));
    const char *stanza = "Package: a\nVersion: 1\nSHA256: 00\n";
    auto_free char *field = apt_field(stanza, strlen(stanza), "Version");
    ck_assert_str_eq(field, "1");
    ck_assert_ptr_null(apt_field(stanza, strlen(stanza), "Size"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipe");
    TCase *core = tcase_create("Recipe");
    tcase_add_test(core, reads_every_key);
    tcase_add_test(core, wants_the_same_whatever_the_order);
    tcase_add_loop_test(core, refuses_with_file_and_line, 0, ROWS(refused));
    suite_add_tcase(suite, core);
    TCase *lock = tcase_create("Lock");
    tcase_add_test(lock, writes_the_lock_that_it_reads);
    tcase_add_loop_test(lock, refuses_a_lock, 0, ROWS(locks_refused));
    tcase_add_test(lock, reads_snapshot_times);
    suite_add_tcase(suite, lock);
    TCase *sources = tcase_create("Sources");
    tcase_add_loop_test(sources, finds_debian_in_the_sources_of_apt, 0, ROWS(apt_sources));
    tcase_add_test(sources, forms_addresses_in_the_order_of_the_sources);
    tcase_add_test(sources, reads_what_apt_prints);
    suite_add_tcase(suite, sources);
    return unit_run(suite);
}
