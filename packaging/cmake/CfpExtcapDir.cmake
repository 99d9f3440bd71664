# SPDX-License-Identifier: GPL-2.0-or-later
# Where Wireshark looks for extcap plugins of all users. Wireshark itself knows best (the directory
# moved in 4.6), so it is asked; packagers say -DEXTCAP_DIR=….

# folders: the output of "tshark -G folders". ret_dir: a variable; "" when it names none.
# 4.4 and later have "Global Extcap path:" beside "Personal Extcap path:"; before, "Extcap path:"
# is the global one alone, or several directories with ':' between them.
function(cfp_read_extcap_dir folders ret_dir)
    set(found "")
    if(folders MATCHES "Global Extcap path:[ \t]*([^\r\n]+)")
        set(found "${CMAKE_MATCH_1}")
    elseif(folders MATCHES "(^|\n)Extcap path:[ \t]*([^\r\n]+)")
        string(REPLACE ":" ";" candidates "${CMAKE_MATCH_2}")
        foreach(candidate IN LISTS candidates)
            if(NOT found AND NOT candidate MATCHES "/\\.config/|/\\.local/")
                set(found "${candidate}")
            endif()
        endforeach()
    endif()
    string(STRIP "${found}" found)
    set(${ret_dir} "${found}" PARENT_SCOPE)
endfunction()

function(cfp_find_extcap_dir ret_dir)
    set(found "")
    find_program(CFP_TSHARK tshark DOC "Asked where Wireshark's plugins are")
    if(CFP_TSHARK)
        # A user may have set it to try something: packages don't go there.
        execute_process(COMMAND "${CMAKE_COMMAND}" -E env --unset=WIRESHARK_EXTCAP_DIR
                                "${CFP_TSHARK}" -G folders
                        OUTPUT_VARIABLE folders ERROR_QUIET RESULT_VARIABLE result)
        if(result EQUAL 0)
            cfp_read_extcap_dir("${folders}" found)
        endif()
    endif()
    if(NOT found)
        set(found "${CMAKE_INSTALL_FULL_LIBDIR}/wireshark/extcap")
    endif()
    set(${ret_dir} "${found}" PARENT_SCOPE)
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
    if(NOT EXTCAP_DIR)
        cfp_find_extcap_dir(found)
        set(EXTCAP_DIR "${found}" CACHE PATH "Where the plugin is installed" FORCE)
        unset(found)
    endif()
    message(STATUS "The plugin will be installed into ${EXTCAP_DIR}")
endif()
