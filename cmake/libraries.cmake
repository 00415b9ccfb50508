# Outside libraries as imported targets. The launcher takes the archives (.a) where it is linked statically; the helper
# and the sanitizer builds take the shared ones.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive>=3.4)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.74)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp>=2.5)
find_package(OpenSSL 1.1.1 REQUIRED COMPONENTS Crypto)

# inih and jansson have no heavy start-up, but each shared library costs the dynamic linker time at every launch.
function(sciwrap_library target name header)
    find_path(${target}_INCLUDE ${header} REQUIRED)
    if(SCIWRAP_STATIC)
        find_library(${target}_LIBRARY NAMES lib${name}.a REQUIRED)
    else()
        find_library(${target}_LIBRARY NAMES ${name} REQUIRED)
    endif()
    add_library(sciwrap::${target} INTERFACE IMPORTED)
    set_target_properties(sciwrap::${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${${target}_LIBRARY}"
                          INTERFACE_INCLUDE_DIRECTORIES "${${target}_INCLUDE}")
endfunction()
sciwrap_library(inih inih ini.h)
sciwrap_library(jansson jansson jansson.h)
sciwrap_library(crypto crypto openssl/sha.h)
sciwrap_library(zlib z zlib.h)
