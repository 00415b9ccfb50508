#!/usr/bin/env bats
# Images that attack, and images of many layers beside umoci. The cases are in tests/images.
load helpers

setup_file() {
    own_places
}

@test "hostile images: each has the outcome that docs/SECURITY.md promises" {
    quietly python3 "$BATS_TEST_DIRNAME/../images/hostile.py" "$SCIWRAP"
    says '[1-9][0-9]* cases, 0 not as they should be'
}

# All as one image, each in a folder of its own; one by one in tests/campaigns/image_layers.sh.
@test "layers are flattened as umoci does it" {
    command -v umoci >/dev/null || skip "umoci is not installed"
    succeeds python3 "$BATS_TEST_DIRNAME/../images/layers.py" --together --series 40 "$SCIWRAP"
    says '1 same, 0 different, 0 refused'
}
