/* SPDX-License-Identifier: BSD-2-Clause
 * baseline: variables that make libraries choose the code of one level of the x86-64 psABI. */
#include "run/baseline.h"

#include "base/auto.h"
#include "base/buf.h"

/* What code of a level below `level` may not use, as the GNU C library names it (sysdeps/x86: cpu-tunables.c,
 * cpu_features.c). Up to 2.32 the functions of libm ask for NAME_Usable, later for NAME; a name that is not known is
 * ignored without a word, so both are given. BMI, LZCNT and MOVBE change no result: they are here because they belong
 * to the level by which the loader picks a folder below glibc-hwcaps. */
static const struct {
    unsigned level;
    const char *name;
} glibc_features[] = {
    {3, "AVX"},         {3, "AVX2"},           {3, "FMA"},
    {3, "FMA4"},        {3, "BMI1"},           {3, "BMI2"},
    {3, "LZCNT"},       {3, "MOVBE"},          {3, "AVX_Usable"},
    {3, "AVX2_Usable"}, {3, "FMA_Usable"},     {3, "FMA4_Usable"},
    {4, "AVX512F"},     {4, "AVX512CD"},       {4, "AVX512BW"},
    {4, "AVX512DQ"},    {4, "AVX512VL"},       {4, "AVX512ER"},
    {4, "AVX512PF"},    {4, "AVX512F_Usable"}, {4, "AVX512DQ_Usable"},
};

/* NumPy's names; 5: beyond level 4. Before 1.20 it cannot be told, from 2.4 on it knows the last three of their level
 * only by the names X86_V3 and X86_V4. */
static const struct {
    unsigned level;
    const char *name;
} numpy_features[] = {
    {3, "AVX"},        {3, "F16C"},       {3, "FMA3"},       {3, "AVX2"},   {3, "X86_V3"},
    {4, "AVX512F"},    {4, "AVX512CD"},   {4, "AVX512_SKX"}, {4, "X86_V4"}, {5, "AVX512_CLX"},
    {5, "AVX512_CNL"}, {5, "AVX512_ICL"}, {5, "AVX512_SPR"},
};

/* The names under which OpenBLAS and MKL have code for exactly the level. */
static const struct {
    const char *openblas;
    const char *mkl;
} kernels[] = {
    [2] = {"Nehalem", "SSE4_2"},
    [3] = {"Haswell", "AVX2"},
    [4] = {"SkylakeX", "AVX512"},
};

void baseline_variables(unsigned level, struct strlist *ret_variables)
{
    auto_release(buf) struct buf glibc = {0};
    auto_release(buf) struct buf numpy = {0};
    for (size_t i = 0; i < sizeof(glibc_features) / sizeof(glibc_features[0]); i++) {
        if (glibc_features[i].level > level) {
            buf_addf(&glibc, "%s-%s", glibc.length > 0 ? "," : "", glibc_features[i].name);
        }
    }
    for (size_t i = 0; i < sizeof(numpy_features) / sizeof(numpy_features[0]); i++) {
        if (numpy_features[i].level > level) {
            buf_addf(&numpy, "%s%s", numpy.length > 0 ? " " : "", numpy_features[i].name);
        }
    }
    if (glibc.length > 0) {
        /* The second is its name from 2.26, the first version that can be told, to 2.28. */
        strlist_addf(ret_variables, BASELINE_TUNABLES "=" BASELINE_HWCAPS "%s:glibc.tune.hwcaps=%s", buf_text(&glibc),
                     buf_text(&glibc));
    }
    strlist_addf(ret_variables, "OPENBLAS_CORETYPE=%s", kernels[level].openblas);
    strlist_addf(ret_variables, "MKL_CBWR=%s", kernels[level].mkl);
    strlist_addf(ret_variables, "NPY_DISABLE_CPU_FEATURES=%s", buf_text(&numpy));
    /* NumPy warns of each name that its version or this processor does not have, on standard error, which is often an
     * output. The text is what the warning begins with. */
    strlist_add(ret_variables, "PYTHONWARNINGS=ignore:During parsing environment variable");
}

int baseline_check(unsigned level, unsigned have, struct err *err)
{
    if (have == 0) {
        return err_set(err, ERR_HOST,
                       "--cpu-baseline: this machine is not an x86-64, which the levels v2 to v4 are of");
    }
    if (have < level) {
        return err_set(err, ERR_HOST, "--cpu-baseline v%u: this processor has level v%u only; choose %s", level, have,
                       have >= 3   ? "v3 or v2"
                       : have == 2 ? "v2"
                                   : "none");
    }
    return 0;
}
