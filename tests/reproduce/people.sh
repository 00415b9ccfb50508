# people.sh: the two who run experiments: the author, on the machine as it is, and the stranger, for whom all is
# different that a host and a user can choose.
# shellcheck shell=bash disable=SC2154

stranger=${REPRODUCE_USER:-sciwrap-test}
last_cpu=$(taskset -cp $$ | sed 's/.*[ ,-]//')

# A copy that every user may read, without the recipes and definitions beside it.
install_program() {
    mkdir -p "$work/usr" "$work/author/home" "$work/author/tmp" "$work/stranger/home" "$work/stranger/tmp"
    cp -a "$(dirname "$sciwrap")" "$(dirname "$(dirname "$sciwrap")")/libexec" "$work/usr/"
    cp -a "$environments" "$work/usr/envs"
    cp -a "$here/settings" "$work/material"
    rm "$work/material/list.sh" "$work/material/short.sh"
    chmod -R a+rX "$work/usr" "$work/material"
    chmod 755 "$work/author" "$work/stranger"
    if [[ $(id -u) -eq 0 ]]; then
        if ! getent passwd "$stranger" >/dev/null; then
            echo "run.sh: there is no user '$stranger' to run experiments again; REPRODUCE_USER names another" >&2
            exit 125
        fi
        chown -R "$stranger" "$work/stranger"
    fi
}

author() { # COMMAND...: in the current directory
    env -i PATH="$work/usr/bin:/usr/bin:/bin:/usr/sbin:/sbin" HOME="$work/author/home" TMPDIR="$work/author/tmp" \
        TZ=UTC LC_ALL=C.UTF-8 USER="$(id -un)" SCIWRAP_STORE="$store" SCIWRAP_ENVS="$environments" \
        SCIWRAP_RECIPES="$here/recipes" http_proxy="${http_proxy-}" https_proxy="${https_proxy-}" \
        no_proxy="${no_proxy-}" SCIWRAP_DEBIAN_MIRROR="${SCIWRAP_DEBIAN_MIRROR-}" \
        bash -c 'umask 022; exec "$@"' author "$@" </dev/null
}

# What a stranger's profile may hold. Some of these change what programs do.
stranger_variables=(
    TZ=STRANGE-5:45 LC_ALL=C LANG=tr_TR.UTF-8 LANGUAGE=tr
    CFLAGS='-O3 -funroll-loops' XZ_OPT=-0 ZSTD_CLEVEL=1 GZIP=-1 TAR_OPTIONS=--format=ustar
    POSIXLY_CORRECT=1 BLOCK_SIZE=human-readable AWKPATH=/nowhere PERL5OPT=-w R_DEFAULT_PACKAGES=base
    PYTHONHASHSEED=4711 PYTHONOPTIMIZE=2 MPLBACKEND=svg SOURCE_DATE_EPOCH=86400 GNUTERM=dumb
    OMP_NUM_THREADS=3 OPENBLAS_NUM_THREADS=3 OPENBLAS_CORETYPE=Prescott 'GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA'
)

stranger() { # COMMAND...: in a directory of the stranger
    local begin=(env -i)
    if [[ $(id -u) -eq 0 ]]; then
        # The folders of runs lie on a tmpfs, which lists directories in another order than disks do.
        begin=(unshare --mount --uts --net bash -c "mount -t tmpfs -o mode=1777 none '$work/stranger/tmp' &&
            hostname a-strange-host && cd '$work/stranger' &&
            exec setpriv --reuid '$stranger' --regid '$stranger' --init-groups --inh-caps=-all env -i \"\$@\"" stranger)
    fi
    (
        cd "$work/stranger" || exit 125
        "${begin[@]}" PATH="$work/usr/bin:/usr/bin:/bin:/usr/sbin:/sbin" HOME="$work/stranger/home" \
            TMPDIR="$work/stranger/tmp" USER=stranger LOGNAME=stranger "${stranger_variables[@]}" \
            taskset -c "$last_cpu" bash -c 'umask 027; exec "$@"' stranger "$@" </dev/null
    )
}
