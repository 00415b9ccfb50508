# cpack: a .deb for Debian and Ubuntu, and a .tar.gz that runs where it is unpacked on any Linux of this processor, whatever
# its C library. Both from the release preset: cmake --preset release, build, then cpack --config
# build/release/CPackConfig.cmake [-G DEB|TGZ].
#
# What both have is installed without a component; `foreign` is for the archive alone, `debian` for the .deb.

set(CPACK_PACKAGE_NAME sciwrap)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR "sciwrap")
set(CPACK_PACKAGE_CONTACT "the sciwrap founders <sciwrap@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "run analysis tools in pinned environments, and rerun the experiment")
set(CPACK_PACKAGE_DESCRIPTION
    "Starts a tool in a root file system that is pinned by its digest, in namespaces of its own, without root rights, daemon or
set-uid program, and writes down everything that the result depended on, so that anybody can run the experiment again
and compare the outputs byte for byte.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR "DEB;TGZ")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR})
set(CPACK_THREADS 0)
set(CPACK_SYSTEM_NAME linux-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_SOURCE_DIR}/cmake/packages/choose.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${CMAKE_SOURCE_DIR}/cmake/packages/postinst;${CMAKE_SOURCE_DIR}/cmake/packages/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/sciwrap RENAME copyright)
install(FILES docs/manifest.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/sciwrap)
install(FILES cmake/packages/apparmor DESTINATION ${CMAKE_INSTALL_DATADIR}/sciwrap COMPONENT debian EXCLUDE_FROM_ALL)
install(CODE "set(helper \"$<TARGET_FILE:sciwrap-env>\")" COMPONENT foreign EXCLUDE_FROM_ALL)
install(SCRIPT cmake/packages/libraries.cmake COMPONENT foreign EXCLUDE_FROM_ALL)

include(CPack)
