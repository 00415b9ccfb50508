# Read by cpack for each package that it makes: which components are in it.
if(CPACK_GENERATOR STREQUAL "DEB")
    set(own debian)
    set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
    # dpkg-shlibdeps knows the libraries; who unpacks the archive has none of them.
else()
    set(own foreign)
    set(CPACK_PACKAGING_INSTALL_PREFIX /)
endif()
list(GET CPACK_INSTALL_CMAKE_PROJECTS 0 build)
set(CPACK_INSTALL_CMAKE_PROJECTS "${build};sciwrap;Unspecified;/;${build};sciwrap;${own};/")
