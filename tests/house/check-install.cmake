# SPDX-License-Identifier: GPL-2.0-or-later
# "cmake --install" puts everything where it belongs, under DESTDIR too:
#   cmake -DBUILD_DIR=… -DWORK_DIR=… -DEXTCAP_DIR=… -DMAN_DIR=… -DDOC_DIR=… -P check-install.cmake
file(REMOVE_RECURSE "${WORK_DIR}")
execute_process(COMMAND "${CMAKE_COMMAND}" -E env "DESTDIR=${WORK_DIR}"
                        "${CMAKE_COMMAND}" --install "${BUILD_DIR}"
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "cmake --install failed: ${output}")
endif()
foreach(file "${EXTCAP_DIR}/cloudflare-pcap" "${MAN_DIR}/man1/cloudflare-pcap.1"
             "${DOC_DIR}/README.md" "${DOC_DIR}/CHANGELOG.md" "${DOC_DIR}/service.md")
    if(NOT EXISTS "${WORK_DIR}${file}")
        message(SEND_ERROR "${file} is not installed")
    endif()
endforeach()
# Every program in there is run by Wireshark at each start: nothing else may be.
file(GLOB plugins "${WORK_DIR}${EXTCAP_DIR}/*")
list(LENGTH plugins count)
if(NOT count EQUAL 1)
    message(SEND_ERROR "installed as plugins: ${plugins}")
endif()
execute_process(COMMAND "${WORK_DIR}${EXTCAP_DIR}/cloudflare-pcap" --version
                RESULT_VARIABLE result OUTPUT_VARIABLE output)
if(NOT result EQUAL 0 OR NOT output MATCHES "^cloudflare-pcap [0-9]")
    message(SEND_ERROR "the installed program does not run: ${output}")
endif()
