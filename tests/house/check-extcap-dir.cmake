# SPDX-License-Identifier: GPL-2.0-or-later
# The directory for all users is found in what the versions of Wireshark print:
#   cmake -P tests/house/check-extcap-dir.cmake
include("${CMAKE_CURRENT_LIST_DIR}/../../packaging/cmake/CfpExtcapDir.cmake")

function(check name folders expected)
    cfp_read_extcap_dir("${folders}" found)
    if(NOT found STREQUAL expected)
        message(SEND_ERROR "${name}: \"${found}\" instead of \"${expected}\"")
    endif()
endfunction()

check("4.0" "Temp:                \t/tmp
Program:             \t/usr/bin
Personal Plugins:    \t/home/u/.local/lib/wireshark/plugins/4.0
Global Lua Plugins:  \t/usr/lib/x86_64-linux-gnu/wireshark/plugins
Extcap path:         \t/usr/lib/x86_64-linux-gnu/wireshark/extcap
MaxMind database path:\t/usr/share/GeoIP
" "/usr/lib/x86_64-linux-gnu/wireshark/extcap")

check("4.4" "Temp:\t\t\t/tmp
Personal Extcap path:\t/home/u/.local/lib/wireshark/extcap
Global Extcap path:\t/usr/lib/x86_64-linux-gnu/wireshark/extcap
" "/usr/lib/x86_64-linux-gnu/wireshark/extcap")

check("4.6" "Global Extcap path:  \t/usr/libexec/wireshark/extcap\r
Personal Extcap path:\t/home/u/.local/lib/wireshark/extcap\r
" "/usr/libexec/wireshark/extcap")

check("several directories, the personal one first"
      "Extcap path:         \t/home/u/.config/wireshark/extcap:/usr/lib/wireshark/extcap\n"
      "/usr/lib/wireshark/extcap")

check("several directories, the personal one last"
      "Extcap path:         \t/usr/lib/wireshark/extcap:/home/u/.local/lib/wireshark/extcap\n"
      "/usr/lib/wireshark/extcap")

check("a directory with a blank" "Extcap path: \t/opt/Wireshark 4/extcap\n"
      "/opt/Wireshark 4/extcap")

check("no such line" "Temp:\t/tmp\nPersonal Extcap path:\t/home/u/.local/lib/wireshark/extcap\n" "")
