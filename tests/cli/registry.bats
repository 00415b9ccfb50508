#!/usr/bin/env bats
# oci://: images of a real registry (Debian's docker-registry), put there with umoci and skopeo; its log-ins, and what
# goes wrong between us and a registry (registry.py). All on the loopback interface.
# shellcheck disable=SC2030,SC2031 # each test has its own proxies
load helpers

# registry NAME [LINE...]: starts a docker-registry with these lines in its configuration; its port is in NAME.port.
registry() {
    local file=$BATS_FILE_TMPDIR/$1
    shift
    printf '%s\n' 'version: 0.1' 'log: {level: info, accesslog: {disabled: true}}' \
        "storage: {filesystem: {rootdirectory: $BATS_FILE_TMPDIR/images}}" "$@" >"$file.yml"
    grep -q '^http:' "$file.yml" || echo 'http: {addr: "127.0.0.1:0", secret: tests}' >>"$file.yml"
    docker-registry serve "$file.yml" >"$file.log" 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/pids"
    until_true grep -q 'listening on 127.0.0.1:' "$file.log" || return 1
    sed -n 's/.*listening on 127.0.0.1:\([0-9]*\).*/\1/p' "$file.log" | head -n 1 >"$file.port"
}

port() {
    cat "$BATS_FILE_TMPDIR/$1.port"
}

# push IMAGE REPOSITORY [OPTION...]: with skopeo, which remembers where it has seen a layer, in a home of its own: it
# would take that one again instead of compressing it in another way.
push() {
    local image=$1 repository=$2 home
    shift 2
    home=$(mktemp -d -p "$BATS_FILE_TMPDIR")
    HOME=$home XDG_DATA_HOME=$home _CONTAINERS_ROOTLESS_UID=1 skopeo --insecure-policy copy -q --dest-tls-verify=false \
        "$@" "oci:$BATS_FILE_TMPDIR/layout:$image" "docker://127.0.0.1:$(port open)/$repository:1" || return 1
    curl -sSf -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
        -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' -o "$BATS_FILE_TMPDIR/$repository.json" \
        "http://127.0.0.1:$(port open)/v2/$repository/manifests/1"
}

make_images() {
    local layout=$BATS_FILE_TMPDIR/layout
    umoci init --layout "$layout"
    umoci new --image "$layout:tiny"
    umoci raw add-layer --image "$layout:tiny" "$FIXTURES/tiny.tar"
    umoci config --image "$layout:tiny" --config.cmd probe --config.env 'TINY=from the image' --config.workingdir /home
    umoci tag --image "$layout:tiny" foreign
    umoci config --image "$layout:foreign" --architecture riscv64 --config.env 'TINY=of another machine'
    push tiny tiny
    push tiny zstd --dest-compress-format zstd
    push tiny docker --format v2s2
    push tiny index
    mv "$BATS_FILE_TMPDIR/index.json" "$BATS_FILE_TMPDIR/own.json"
    push foreign index
    mv "$BATS_FILE_TMPDIR/index.json" "$BATS_FILE_TMPDIR/foreign.json"
    python3 - "$BATS_FILE_TMPDIR" "$(uname -m)" >"$BATS_FILE_TMPDIR/index.json" <<'PYTHON'
import hashlib, json, sys
folder, machine = sys.argv[1:]
names = {"x86_64": "amd64", "aarch64": "arm64"}
def entry(name, architecture):
    data = open(f"{folder}/{name}.json", "rb").read()
    return {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": len(data),
            "digest": "sha256:" + hashlib.sha256(data).hexdigest(),
            "platform": {"os": "linux", "architecture": architecture}}
print(json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
    entry("foreign", "riscv64"), entry("own", names.get(machine, machine))]}), end="")
PYTHON
    curl -sSf -X PUT -H 'Content-Type: application/vnd.oci.image.index.v1+json' \
        --data-binary "@$BATS_FILE_TMPDIR/index.json" "http://127.0.0.1:$(port open)/v2/index/manifests/all"
}

# An authority and a certificate of it for registry.test, and a key pair for tokens.
make_keys() {
    local at=$BATS_FILE_TMPDIR
    {
        openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=tests -keyout "$at/key.pem" -out "$at/cert.pem" -days 30
        openssl req -newkey rsa:2048 -nodes -subj /CN=registry.test -keyout "$at/tls.key" -out "$at/tls.csr"
        echo 'subjectAltName = DNS:registry.test' >"$at/tls.ext"
        openssl x509 -req -in "$at/tls.csr" -CA "$at/cert.pem" -CAkey "$at/key.pem" -set_serial 2 -days 30 \
            -extfile "$at/tls.ext" -out "$at/tls.pem"
    } 2>"$at/openssl.log"
}

setup_file() {
    own_places
    local program
    for program in docker-registry skopeo umoci openssl; do
        command -v "$program" >/dev/null || skip "no $program"
    done
    make_keys
    # shellcheck disable=SC2016
    echo 'me:$2y$05$qDKmIyIF9N5//hM1q5Une.xeR6bbTequqGwAQr5zzebsx.sgyAI8i' >"$BATS_FILE_TMPDIR/htpasswd" # me:sesame
    local secret="auth: {htpasswd: {realm: tests, path: $BATS_FILE_TMPDIR/htpasswd}}"
    registry open
    make_images
    registry basic "$secret"
    registry tls "$secret" 'http:' '  addr: "127.0.0.1:0"' '  secret: tests' \
        "  tls: {certificate: $BATS_FILE_TMPDIR/tls.pem, key: $BATS_FILE_TMPDIR/tls.key}"
    python3 "$BATS_TEST_DIRNAME/registry.py" "$BATS_FILE_TMPDIR" "$(port open)" "$(port tls)" \
        >"$BATS_FILE_TMPDIR/front.out" 2>&1 3>&- &
    echo $! >>"$BATS_FILE_TMPDIR/pids"
    until_true test -s "$BATS_FILE_TMPDIR/port"
    registry jwt 'auth:' '  token:' "    realm: http://127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")/jwt" '    service: tests' \
        '    issuer: tests' "    rootcertbundle: $BATS_FILE_TMPDIR/cert.pem"
}

teardown_file() {
    local pid
    while read -r pid; do
        kill "$pid" || true
    done <"$BATS_FILE_TMPDIR/pids"
}

setup() {
    own_places
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK"
    cd "$WORK" || return 1
    export SCIWRAP_STORE=$BATS_TEST_TMPDIR/store REGISTRY_AUTH_FILE=$BATS_TEST_TMPDIR/auth.json
    unset SCIWRAP_INSECURE_REGISTRIES SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE
    front=127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")
    : >"$BATS_FILE_TMPDIR/log"
    : >"$BATS_FILE_TMPDIR/away"
}

# log_in HOST [NAME:PASSWORD]: as podman login leaves it.
log_in() {
    printf '{"auths": {"%s": {"auth": "%s"}}}' "$1" "$(printf '%s' "${2-me:sesame}" | base64)" >"$REGISTRY_AUTH_FILE"
}

hex() { # REPOSITORY
    sha256 "$BATS_FILE_TMPDIR/$1.json"
}

# of PLACE REPOSITORY: the definition "it" of an image there.
of() {
    define it '[environment]' 'command = probe' '[artifact]' 'type = image' "sha256 = $(hex "$2")" \
        "size = $(stat -c %s "$BATS_FILE_TMPDIR/$2.json")" "url = oci://$1/$2@sha256:$(hex "$2")"
}

# Nothing of what is secret is ever told.
discreet() {
    # shellcheck disable=SC2154
    [[ $stderr != *sesame* && $stderr != *bWU6* && $stderr != *opaque* && $stderr != *identity* ]] || {
        echo "a secret in: $stderr"
        return 1
    }
}

gets() { # PLACE REPOSITORY
    of "$@"
    rm -rf "$SCIWRAP_STORE"
    succeeds "$SCIWRAP" pull it && discreet || return 1
    local told=$stderr
    succeeds "$SCIWRAP" exec it cat /etc/version && is "$output" old && nothing_left || return 1
    stderr=$told
}

refuses() { # PATTERN PLACE REPOSITORY
    local pattern=$1
    shift
    of "$@"
    rm -rf "$SCIWRAP_STORE"
    fails_with 125 "$pattern" -- "$SCIWRAP" pull it && discreet && nothing_left || return 1
    is "$(find "$SCIWRAP_STORE/trees" -mindepth 1 2>/dev/null)" ""
}

asked() { # LOG PATTERN: how often
    grep -cE "$2" "$BATS_FILE_TMPDIR/$1" || true
}

@test "an image by its digest: layers of gzip and zstd, in OCI's and in Docker's form" {
    local repository
    for repository in tiny zstd docker; do
        gets "127.0.0.1:$(port open)" "$repository" || { echo "$repository"; return 1; }
    done
}

pins() { # NAME SOURCE [OPTION...]
    succeeds "$SCIWRAP" pin "$@" && discreet || return 1
    pinned=$(cat "envs/$1.ini")
}

@test "a tag becomes a digest, and what is pinned runs" {
    local open repository
    open=127.0.0.1:$(port open)
    for repository in tiny zstd docker; do
        rm -rf "$SCIWRAP_STORE"
        pins it "oci://$open/$repository:1" --force || return 1
        [[ $pinned == *"url = oci://$open/$repository@sha256:$(hex "$repository")"* ]] || return 1
        # shellcheck disable=SC2016 # inside
        succeeds "$SCIWRAP" exec it sh -c 'cat /etc/version; echo "$TINY"' || return 1
        is "$output" $'old\nfrom the image' || return 1
        succeeds "$SCIWRAP" run it arguments "$repository" && says "$repository" || return 1
    done
    rm -rf "$SCIWRAP_STORE" && nothing_left
}

@test "of an index the image of this machine, or of another one" {
    local open
    open=127.0.0.1:$(port open)
    pins own "oci://$open/index:all"
    [[ $pinned == *"url = oci://$open/index@sha256:$(hex own)"* ]]
    succeeds "$SCIWRAP" exec own cat /etc/version
    is "$output" old
    pins by-digest "oci://$open/index@sha256:$(hex index)" --no-pull
    [[ $pinned == *"sha256 = $(hex own)"* ]]
    pins other "oci://$open/index:all" --platform linux/riscv64 --no-pull
    [[ $pinned == *"sha256 = $(hex foreign)"* ]]
    fails_with 125 'linux/riscv64' -- "$SCIWRAP" pin none "oci://$open/index:all" --platform linux/s390x
    sed -E 's/"size": ([0-9]+)/"size": 1\1/g' "$BATS_FILE_TMPDIR/index.json" >bent.json
    curl -sSf -X PUT -H 'Content-Type: application/vnd.oci.image.index.v1+json' --data-binary @bent.json \
        "http://$open/v2/index/manifests/bent"
    fails_with 125 "the index says that the image's manifest has 1[0-9]* bytes, and it has [0-9]+" -- \
        "$SCIWRAP" pin none "oci://$open/index:bent"
    refuses 'index' "$open" index # not of one platform: nothing that runs
}

@test "a tag that is not there, or is none of an image" {
    local open
    open=127.0.0.1:$(port open)
    fails_with 125 "oci://$open/index:2': the registry answers 404 .*; it has .*'(1|all)'" -- \
        "$SCIWRAP" pin it "oci://$open/index:2"
    fails_with 125 'it is of the type .*v1.prettyjws' -- "$SCIWRAP" pin it "oci://$front/old/tiny:1"
    fails_with 125 'says that it sends .*, and its sha256 is' -- "$SCIWRAP" pin it "oci://$front/cut/tiny:1"
    fails_with 125 'it sends a page for people' -- "$SCIWRAP" pin it "oci://$front/page/tiny:1"
    [[ ! -e envs/it.ini ]]
}

@test "what is not there, and what is something else" {
    local open
    open=127.0.0.1:$(port open)
    define it '[environment]' 'command = probe' '[artifact]' 'type = image' "sha256 = $(hex tiny)" 'size = 500' \
        "url = oci://$open/none@sha256:$(hex tiny)"
    fails_with 125 "'oci://$open/none@sha256:.*answers 404 \(.*MANIFEST_UNKNOWN.*\)" -- "$SCIWRAP" pull it
    define it '[artifact]' 'type = image' "sha256 = $(hex tiny)" 'size = 500' "url = oci://$open/tiny@sha256:$(hex tiny)"
    fails_with 125 "the manifest has $(stat -c %s "$BATS_FILE_TMPDIR/tiny.json") bytes, pinned are 500" -- "$SCIWRAP" pull it
    refuses 'other content: its sha256 is' "$front/other" tiny
    refuses 'other content: its sha256 is' "$front/cut" tiny
    refuses 'it sends a page for people' "$front/page" tiny
    refuses 'more than 4194304 bytes' "$front/endless" tiny
    refuses 'the registry says that it is .*index.* and itself' "$front/mixed" docker
}

@test "a name and a password" {
    local basic
    basic=127.0.0.1:$(port basic)
    fails_with 125 'wants a log-in' -- "$SCIWRAP" pin it "oci://$basic/tiny:1"
    refuses "'$basic' wants a log-in, and there is none in '$REGISTRY_AUTH_FILE'; 'podman login $basic'" "$basic" tiny
    log_in "$basic"
    gets "$basic" tiny
    log_in "$basic" me:sesam
    refuses "answers 401 \(UNAUTHORIZED: .*\), with the log-in of '$REGISTRY_AUTH_FILE'" "$basic" tiny
    log_in "127.0.0.1"
    refuses 'wants a log-in' "$basic" tiny
    echo "{\"auths\": {\"$basic\": {\"auth\": sesame" >"$REGISTRY_AUTH_FILE"
    refuses "'?$REGISTRY_AUTH_FILE'?: is not a JSON object" "$basic" tiny
}

@test "log-ins of podman, of docker and of a helper" {
    local basic
    basic=127.0.0.1:$(port basic)
    unset REGISTRY_AUTH_FILE
    mkdir -p "$XDG_CONFIG_HOME/containers" "$BATS_TEST_TMPDIR/docker" "$BATS_TEST_TMPDIR/bin"
    printf '{"auths": {"%s": {"auth": "bWU6c2VzYW1l"}}}' "$basic" >"$XDG_CONFIG_HOME/containers/auth.json"
    gets "$basic" tiny
    rm "$XDG_CONFIG_HOME/containers/auth.json"
    export DOCKER_CONFIG=$BATS_TEST_TMPDIR/docker
    printf '{"auths": {"https://%s/v1/": {"auth": "bWU6c2VzYW1l"}}}' "$basic" >"$DOCKER_CONFIG/config.json"
    gets "$basic" tiny
    printf '{"auths": {"%s": {}}, "credsStore": "test"}' "$basic" >"$DOCKER_CONFIG/config.json"
    # shellcheck disable=SC2016
    printf '%s\n' '#!/bin/sh' 'read -r server; echo "$1 $server" >>"$0.asked"' \
        "[ \"\$server\" = $basic ] && echo '{\"Username\": \"me\", \"Secret\": \"sesame\"}'" \
        >"$BATS_TEST_TMPDIR/bin/docker-credential-test"
    chmod 755 "$BATS_TEST_TMPDIR/bin/docker-credential-test"
    refuses 'docker-credential-test' "$basic" tiny
    PATH=$BATS_TEST_TMPDIR/bin:$PATH gets "$basic" tiny
    is "$(sort -u "$BATS_TEST_TMPDIR/bin/docker-credential-test.asked")" "get $basic"
    printf '#!/bin/sh\necho the keyring is locked\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/docker-credential-test"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH refuses "'docker-credential-test get' failed: the keyring is locked" "$basic" tiny
}

@test "a token of a real registry" {
    local jwt
    jwt=127.0.0.1:$(port jwt)
    refuses "the token server 'http://$front/jwt' of '$jwt': answers 401 \(incorrect.*without a log-in" "$jwt" tiny
    log_in "$jwt"
    gets "$jwt" tiny
    is "$(asked log 'GET .* /jwt\?scope=repository%3Atiny%3Apull&service=tests Basic bWU6c2VzYW1l$')" 1
    log_in "$jwt" me:sesam
    refuses "answers 401 \(incorrect.*with the log-in of '$REGISTRY_AUTH_FILE'" "$jwt" tiny
}

@test "a token for everybody, and one for an identity token" {
    gets "$front/token" tiny
    is "$(asked log '^GET .* /token\?scope=repository%3Atoken%2Ftiny%3Apull&service=tests -$')" 1
    printf '{"auths": {"%s": {"auth": "bWU6", "identitytoken": "identity"}}}' "$front" >"$REGISTRY_AUTH_FILE"
    gets "$front/token" tiny
    is "$(asked log '^POST .* /token -$')" 1
    printf '{"auths": {"%s": {"identitytoken": "another"}}}' "$front" >"$REGISTRY_AUTH_FILE"
    refuses 'answers 400 \(invalid_grant: no such token\)' "$front/token" tiny
    refuses "'$front' wants a name and a password, and the log-in of '$REGISTRY_AUTH_FILE' is a token" "$front/basic" tiny
}

@test "a token that ends in the middle is renewed, one that never holds is not asked for again and again" {
    log_in "$front"
    gets "$front/revoke" tiny
    [[ $(asked log ' /token') -ge 2 ]]
    : >"$BATS_FILE_TMPDIR/log"
    refuses "answers 401 \(UNAUTHORIZED: authentication required\), with the log-in of" "$front/never" tiny
    is "$(asked log ' /token')" 1
}

@test "what a server answers, a person understands" {
    local words='the words of the server'
    refuses "the registry answers 403 \(DENIED: $words\), without a log-in.*podman login" "$front/s403" tiny
    refuses 'the registry answers 404 \(MANIFEST_UNKNOWN: the words of the server\)' "$front/s404" tiny
    refuses 'too many requests: the registry answers 429 \(TOOMANY.*\), without a log-in' "$front/s429" tiny
    refuses 'the registry answers 500 \(UNKNOWN: the words of the server\)' "$front/s500" tiny
    refuses 'HTTP status 403 \(forbidden\)' "$front/b403" tiny
    refuses 'HTTP status 404 \(not found\)' "$front/b404" tiny
    log_in "$front"
    refuses "403 .*, with the log-in of '$REGISTRY_AUTH_FILE'" "$front/s403" tiny
    SCIWRAP_FETCH_TRIES=1 refuses "'oci://127.0.0.1:1/tiny@.*onnect" 127.0.0.1:1 tiny
}

@test "what is there only for who has logged in" {
    refuses 'the registry answers 404' "$front/hidden" tiny
    log_in "$front"
    gets "$front/hidden" tiny
    is "$(asked log '^GET [^ ]* /v2/ -$')" 1
}

@test "a registry that is busy is asked again" {
    gets "$front/busy" tiny
    notes 'HTTP status 503 .service unavailable.; trying again'
    notes 'HTTP status 429 .too many requests.; trying again'
}

@test "another host, to which blobs are redirected, learns no secret" {
    log_in "$front"
    gets "$front/away" tiny
    [[ $(asked away '^GET localhost:[0-9]* /away/.* -$') -ge 2 ]]
    is "$(asked away 'Basic|Bearer')" 0
    refuses "HTTP status 401 \(unauthorized\) of 'localhost:[0-9]*', to which it redirects" "$front/trap" tiny
    is "$(asked away '/token')" 0
    is "$(asked away 'Basic|Bearer')" 0
}

@test "no http but to this machine and where the user says so" {
    export https_proxy=http://$front http_proxy=http://$front no_proxy=
    log_in plain.test
    # Its TLS port has a certificate of registry.test.
    refuses 'certificate|SSL' plain.test/basic tiny
    is "$(asked log '^GET')" 0
    is "$(asked log '^CONNECT .*plain.test:443')" "$(asked log .)"
    export SCIWRAP_INSECURE_REGISTRIES=other.test,plain.test
    gets plain.test/basic tiny
    is "$(asked log '^GET plain.test http://plain.test/v2/basic/.* Basic bWU6c2VzYW1l$')" "$(asked log '^GET .* Basic')"
}

@test "https with a certificate of the site's own" {
    export https_proxy=http://$front SSL_CERT_FILE=$BATS_FILE_TMPDIR/cert.pem
    log_in registry.test
    gets registry.test tiny
    SSL_CERT_FILE=/nonexistent refuses 'SSL_CERT_FILE' registry.test tiny
}

@test "a registry on this machine is not asked by way of a proxy" {
    export http_proxy=http://$front all_proxy=http://$front
    log_in "127.0.0.1:$(port basic)"
    gets "127.0.0.1:$(port basic)" tiny
    is "$(asked log .)" 0
}

@test "no password for a token server that anybody could be" {
    local number
    log_in "$front"
    for number in 0 1 2 3; do
        refuses 'token server' "$front/realm$number" tiny || { echo "$number"; return 1; }
    done
    refuses 'is not https' "$front/realm0" tiny
    refuses "the token server 'http://127.0.0.1:1/token' of" "$front/realm4" tiny
}

@test "who has logged in leaves no core, and no secret on a command line" {
    log_in "127.0.0.1:$(port basic)"
    of "127.0.0.1:$(port basic)" tiny
    export ASAN_OPTIONS=detect_leaks=0 # which ptrace forbids
    succeeds strace -f -qq -s 4096 -e trace=execve,setrlimit,prlimit64 -o trace "$SCIWRAP" pull it
    [[ $(ulimit -Hc) == 0 ]] || grep -q 'RLIMIT_CORE, {rlim_cur=1' trace
    is "$(grep execve trace | grep -cE 'sesame|bWU6')" 0
}
