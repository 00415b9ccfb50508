#!/usr/bin/env bats
# What a run started from: found while it runs, as it was before, and kept where the run takes it away.
load helpers
load record

@test "an input is what was opened, whichever call opened it" {
    local call
    for call in open openat openat2; do
        anew data=old sub/deep=below
        acts "$call" data r cat "$call" sub/deep r cat
        is "$output" oldbelow
        tells_files 'in data "old"' 'in sub/deep "below"'
        reruns
    done
}

@test "a name is looked up as the kernel does: current folder, dots, slashes, absolute" {
    anew a/b/data=old
    acts chdir a open b/../b//./data r cat fchdir b openat data r open /workspace/a/b/data r
    tells_files 'in a/b/data "old"'
    reruns
    anew a/b/data=old
    acts openat a/b/data r openat a/b/../b/data r openat2 /workspace/a/b/data r
    tells_files 'in a/b/data "old"'
    anew a/data=one b/data=two # another folder in between
    acts chdir a open data r cat chdir ../b open data r cat
    is "$output" onetwo
    tells_files 'in a/data "one"' 'in b/data "two"'
}

@test "what was not opened is no input, nor what is not there" {
    anew data=old other=x
    acts - open none r - open no/where r - open data/below r open other r
    tells 'in other "x"'
    acts open other p # can still be read, by way of /proc/self/fd
    tells 'in other "x"'
    acts chdir .
    tells ''
}

@test "an input is as it was when it was first opened" {
    anew data=old
    acts open data r cat open data wt write new close open data r cat
    is "$output" oldnew
    tells 'in data "old" kept' 'out data modified "new"'
    reruns
    anew data=old
    acts open data wt write new close open data r cat # written before it is read: there was something all the same
    tells 'in data "old" kept' 'out data modified "new"'
    reruns
}

@test "what the run made is no input" {
    anew
    acts open made wc write new close open made r cat unlink made open made wc write more close open made r
    tells 'out made created "more"'
}

@test "edited in place: the old content is kept, the record can be rerun, and again" {
    local how
    for how in 'open data w pwrite 1 EW' 'openat data + pwrite 1 EW' 'openat2 data wa write EW' 'open data +c pwrite 2 EW'; do
        anew data=oldold
        # shellcheck disable=SC2086
        acts $how
        is "$(told | head -n 1)" 'in data "oldold" kept'
        is "$(told | wc -l)" 2
        is "$(told | tail -n 1)" "out data modified \"$(cat data)\""
        [[ $(cat data) == *EW* ]]
        reruns
        reruns
    done
}

@test "cut short: the old content is kept, whichever call cut" {
    local how
    for how in 'open data wt' 'openat data rt' 'openat2 data +t' 'creat data' 'truncate data 0' 'open data + ftruncate 0' \
        'open data wct' 'open data w ftruncate 0'; do
        anew data=old
        # shellcheck disable=SC2086
        acts $how
        tells 'in data "old" kept' 'out data modified ""' || { echo "$how"; return 1; }
        reruns || { echo "$how"; return 1; }
    done
    anew data=old
    acts truncate data 2
    tells 'in data "old" kept' 'out data modified "ol"'
    acts truncate data 4
    tells 'in data "ol" kept' 'out data modified "ol\x00\x00"'
}

@test "opened for writing and left as it was: an input, no output" {
    anew data=old
    acts open data + cat
    tells 'in data "old" kept'
    acts open data w pwrite 0 old
    tells 'in data "old" kept'
    anew data=old
    acts - open data wcx # it was there: that is all the run learns
    tells 'in data "old"'
}

@test "renamed over: what was there is kept" {
    local call
    for call in rename renameat renameat2; do
        anew data=old
        acts open tmp wc write new close $call tmp data
        tells 'in data "old" kept' 'out data modified "new"'
        reruns
        anew data=old other=new # by a file that was there too
        acts $call other data
        tells 'in data "old" kept' 'in other "new"' 'out data modified "new"' 'out other deleted'
        reruns
    done
    anew data=old other=x
    acts - noreplace other data
    is "$(cat data other)" oldx
    [[ $(told) != *out* ]]
}

@test "deleted: what was there is kept" {
    local call
    for call in unlink unlinkat; do
        anew data=old
        acts $call data
        tells 'in data "old" kept' 'out data deleted'
        reruns
    done
    anew dir/data=old dir/sub/more=x
    quietly "$SCIWRAP" exec tiny rm -r dir
    is "$(told | grep -v gap)" "$(printf '%s\n' 'in dir/' 'in dir/data "old" kept' 'in dir/sub/' 'in dir/sub/more "x" kept' \
        'out dir/ deleted' 'out dir/data deleted' 'out dir/sub/ deleted' 'out dir/sub/more deleted')"
    reruns
}

@test "what is over the limit is not kept, and that is said" {
    local how
    for how in 'open data r cat unlink data' 'unlink data' 'open data wt write new' 'open data + write new' \
        'open tmp wc close rename tmp data' 'truncate data 1'; do
        anew data=0123456789
        # shellcheck disable=SC2086
        quietly "$SCIWRAP" exec --keep-limit 9 tiny act $how
        is "$(told | grep -c "^gap.*'data'.*limit")" 1 || { echo "$how"; told; return 1; }
        is "$(find .sciwrap/objects -type f 2>/dev/null)" ""
        anew data=0123456789
        # shellcheck disable=SC2086
        quietly "$SCIWRAP" exec --keep-limit 10 tiny act $how
        is "$(told | grep -c gap)" 0
        is "$(told | head -n 1)" 'in data "0123456789" kept'
    done
    is "$(field 'm["recording"]["keep_limit"]')" 10
    anew data=0123456789 # read before: at least its digest is known
    acts open data r cat
    is "$(told)" 'in data "0123456789"'
    quietly "$SCIWRAP" exec --keep-limit 9 tiny act open data r cat open data wt write new
    is "$(told | head -n 1)" "in data $(printf 0123456789 | sha256sum | cut -c1-8)"
}

@test "nothing is kept of what is only read, and one content once" {
    anew a=same b=same c=read
    acts open c r cat
    [[ -z $(find .sciwrap/objects -type f 2>/dev/null) ]]
    acts open a wt open b wt
    is "$(find .sciwrap/objects -type f | wc -l)" 1
    tells 'in a "same" kept' 'in b "same" kept' 'out a modified ""' 'out b modified ""'
}

# bats test_tags=release
@test "reading is not held up for hashing" {
    anew
    truncate -s 3G large
    quietly "$SCIWRAP" exec tiny sh -c 'head -c 1 large >/dev/null; date >done'
    # The command was over long before all of the file had been read.
    is "$(field 'm["circumstances"]["processes"][0]["elapsed_ns"] < 2e9')" True || { field 'm["circumstances"]'; return 1; }
    is "$(field '[i["sha256"] for i in m["experiment"]["inputs"] if i["path"] == "large"]')" "['$(sha256 large)']"
}

@test "an open for writing waits until the old content is safe" {
    anew
    head -c 300000000 /dev/zero >large
    acts open large w pwrite 299999990 XXXX truncate large 3 # at once at the end, which a copy reads last
    is "$(told | head -n 1)" 'in large 300000000 bytes kept'
    is "$(find .sciwrap/objects -type f -size +250M | wc -l)" 1
}

@test "many at once are each kept as they were" {
    anew
    local i
    for i in $(seq 300); do
        echo "content $i" >"file$i"
    done
    # shellcheck disable=SC2016
    quietly "$SCIWRAP" exec tiny sh -c 'i=0; while [ $((i += 1)) -le 300 ]; do echo new >file$i & done; wait'
    is "$(told | grep -c '^in file[0-9]* "content [0-9]*\\n" kept$')" 300
    is "$(told | grep -c '^out file[0-9]* modified "new\\n"$')" 300
}
