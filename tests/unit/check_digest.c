/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/digest against the vectors of FIPS 180-4 (NIST's "SHA256 example" and CAVP files). */
#include "base/digest.h"

#include <sys/mman.h>

#include "unit.h"

static const struct {
    const char *text, *hex;
} vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

static void assert_hex(const struct digest *digest, const char *hex)
{
    char shown[DIGEST_HEX + 1];
    digest_to_hex(digest, shown);
    ck_assert_str_eq(shown, hex);
}

START_TEST(agrees_with_the_standard)
{
    struct digest digest;
    digest_bytes(vectors[_i].text, strlen(vectors[_i].text), &digest);
    assert_hex(&digest, vectors[_i].hex);
}
END_TEST

START_TEST(agrees_on_a_million_letters_in_uneven_pieces)
{
    static char letters[7919];
    memset(letters, 'a', sizeof(letters));
    struct digest_state state;
    digest_begin(&state);
    size_t left = 1000000;
    while (left > 0) {
        size_t piece = left < sizeof(letters) ? left : sizeof(letters);
        digest_update(&state, letters, piece);
        left -= piece;
    }
    struct digest digest;
    digest_end(&state, &digest);
    assert_hex(&digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(forks_when_its_state_is_copied)
{
    struct digest_state state, copy;
    digest_begin(&state);
    digest_update(&state, "ab", 2);
    copy = state;
    digest_update(&state, "X", 1);
    digest_update(&copy, "c", 1);
    struct digest digest;
    digest_end(&copy, &digest);
    assert_hex(&digest, vectors[1].hex);
}
END_TEST

START_TEST(reads_a_descriptor_from_where_it_stands)
{
    auto_fd int fd = memfd_create("digest", MFD_CLOEXEC);
    ck_assert_int_eq(write(fd, "xxabc", 5), 5);
    ck_assert_int_eq(lseek(fd, 2, SEEK_SET), 2);
    struct err err = {0};
    struct digest digest;
    uint64_t size = 0;
    ck_assert_int_eq(digest_fd(fd, "memory", &digest, &size, &err), 0);
    assert_hex(&digest, vectors[1].hex);
    ck_assert_uint_eq(size, 3);
    ck_assert_int_eq(digest_fd(fd, "memory", &digest, NULL, &err), 0);
    assert_hex(&digest, vectors[0].hex);
    assert_no_error(&err);
}
END_TEST

START_TEST(leaves_its_results_alone_when_reading_fails)
{
    auto_fd int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct err err = {0};
    struct digest digest = {{7}};
    uint64_t size = 77;
    ck_assert_int_eq(digest_fd(fd, "folder", &digest, &size, &err), -1);
    assert_error(&err, ERR_SYSTEM, "read 'folder'");
    ck_assert_uint_eq(size, 77);
    ck_assert_uint_eq(digest.bytes[0], 7);
}
END_TEST

START_TEST(reads_back_its_hexadecimal)
{
    struct digest digest, again;
    digest_bytes("abc", 3, &digest);
    ck_assert(digest_from_hex(vectors[1].hex, &again));
    ck_assert(digest_equal(&digest, &again));
    again.bytes[31] ^= 1;
    ck_assert(!digest_equal(&digest, &again));
}
END_TEST

static const char *const hex_refused[] = {
    "",
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015adf",
    "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
    "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a ",
    "../../../../../../../../../../../../../../../../../../etc/passwd",
};

START_TEST(refuses_what_is_not_64_lower_case_digits)
{
    struct digest digest = {{7}};
    ck_assert(!digest_from_hex(hex_refused[_i], &digest));
    ck_assert_uint_eq(digest.bytes[0], 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("digest");
    TCase *core = tcase_create("Core");
    tcase_add_loop_test(core, agrees_with_the_standard, 0, ROWS(vectors));
    tcase_add_test(core, agrees_on_a_million_letters_in_uneven_pieces);
    tcase_add_test(core, forks_when_its_state_is_copied);
    tcase_add_test(core, reads_a_descriptor_from_where_it_stands);
    tcase_add_test(core, leaves_its_results_alone_when_reading_fails);
    suite_add_tcase(suite, core);
    TCase *hex = tcase_create("Hex");
    tcase_add_test(hex, reads_back_its_hexadecimal);
    tcase_add_loop_test(hex, refuses_what_is_not_64_lower_case_digits, 0, ROWS(hex_refused));
    suite_add_tcase(suite, hex);
    return unit_run(suite);
}
