# SPDX-License-Identifier: GPL-2.0-or-later
# Where Wireshark looks for extcap plugins of all users. Wireshark itself knows best (the directory
# moved in 4.2 and 4.6), so it is asked; packagers say -DEXTCAP_DIR=….
if(NOT EXTCAP_DIR)
    find_program(CFP_TSHARK tshark)
    if(CFP_TSHARK)
        execute_process(COMMAND "${CFP_TSHARK}" -G folders
                        OUTPUT_VARIABLE folders ERROR_QUIET RESULT_VARIABLE result)
        # 4.0 says "Extcap path:" for one or several directories, 4.4 "Global Extcap path:".
        if(result EQUAL 0 AND folders MATCHES "Global Extcap path:[ \t]*([^\n]+)")
            set(found "${CMAKE_MATCH_1}")
        elseif(result EQUAL 0 AND folders MATCHES "Extcap path:[ \t]*([^\n]+)")
            string(REPLACE ":" ";" candidates "${CMAKE_MATCH_1}")
            foreach(candidate IN LISTS candidates)
                if(NOT candidate MATCHES "/\\.config/|/\\.local/")
                    set(found "${candidate}")
                endif()
            endforeach()
        endif()
    endif()
    if(found)
        string(STRIP "${found}" found)
        set(EXTCAP_DIR "${found}" CACHE PATH "Where the plugin is installed" FORCE)
    else()
        set(EXTCAP_DIR "${CMAKE_INSTALL_FULL_LIBDIR}/wireshark/extcap" CACHE PATH
            "Where the plugin is installed" FORCE)
    endif()
endif()
message(STATUS "The plugin will be installed into ${EXTCAP_DIR}")
