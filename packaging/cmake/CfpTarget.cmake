# SPDX-License-Identifier: GPL-2.0-or-later
# What every target of the project is compiled with.
include(CheckCCompilerFlag)

set(CFP_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
    -Wconversion -Wsign-conversion -Wcast-qual -Wcast-align -Wundef -Wswitch-enum -Wvla
    -Wformat=2 -Wpointer-arith -Wwrite-strings -Wnull-dereference -Wimplicit-fallthrough
    # Not used: -Waggregate-return (values such as cursors are returned), -Wpadded (noise).
)

function(cfp_target target)
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
    # _DEFAULT_SOURCE: pcap/bpf.h needs u_int; GLib: no function newer than the base has.
    target_compile_definitions(${target} PRIVATE
        _DEFAULT_SOURCE _FILE_OFFSET_BITS=64 G_LOG_USE_STRUCTURED CFP_VERSION="${PROJECT_VERSION}"
        GLIB_VERSION_MIN_REQUIRED=GLIB_VERSION_2_72 GLIB_VERSION_MAX_ALLOWED=GLIB_VERSION_2_72
        $<$<NOT:$<CONFIG:Debug>>:G_DISABLE_CAST_CHECKS>)
    target_compile_options(${target} PRIVATE ${CFP_WARNINGS} -fvisibility=hidden
        -fstack-protector-strong $<$<BOOL:${CFP_WERROR}>:-Werror>)
    if(NOT CFP_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
        target_compile_definitions(${target} PRIVATE _FORTIFY_SOURCE=2)
    endif()
    foreach(sanitizer IN LISTS CFP_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${sanitizer} -fno-omit-frame-pointer
            -fno-sanitize-recover=all)
        target_link_options(${target} PRIVATE -fsanitize=${sanitizer})
    endforeach()
    if(CFP_FUZZING)
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
endfunction()
