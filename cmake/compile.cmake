# One function applies standard, warnings and hardening to a target. Warnings are written plainly per compiler: an
# unknown flag must be an error, not silently dropped.

set(SCIWRAP_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wformat=2
    -Wundef -Wvla -Walloca -Wwrite-strings -Wcast-qual -Wpointer-arith -Wswitch-enum -Wimplicit-fallthrough
    -Wnull-dereference -Wredundant-decls -Wdate-time -Wconversion -Wno-sign-conversion)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    list(APPEND SCIWRAP_WARNINGS -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init)
else()
    list(APPEND SCIWRAP_WARNINGS -Wstring-concatenation -Wcomma)
endif()

# Without the sanitizers: for a program that has to be static in every build.
function(sciwrap_plain_target name)
    target_compile_definitions(${name} PRIVATE _GNU_SOURCE _FILE_OFFSET_BITS=64
                               SCIWRAP_VERSION="${PROJECT_VERSION}")
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/launcher)
    target_compile_options(${name} PRIVATE ${SCIWRAP_WARNINGS} -fno-common -fstack-protector-strong)
    if(SCIWRAP_WERROR)
        target_compile_options(${name} PRIVATE -Werror)
    endif()
endfunction()

function(sciwrap_target name)
    sciwrap_plain_target(${name})
    if(SCIWRAP_SANITIZE)
        target_compile_options(${name} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=all
                               -fno-omit-frame-pointer)
        target_link_options(${name} PRIVATE -fsanitize=address,undefined)
    elseif(CMAKE_BUILD_TYPE MATCHES "Rel")
        target_compile_definitions(${name} PRIVATE _FORTIFY_SOURCE=2)
        target_compile_options(${name} PRIVATE -fstack-clash-protection)
    endif()
    if(SCIWRAP_COVERAGE)
        target_compile_options(${name} PRIVATE --coverage)
        target_link_options(${name} PRIVATE --coverage)
    endif()
    if(SCIWRAP_FUZZ)
        target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
endfunction()
