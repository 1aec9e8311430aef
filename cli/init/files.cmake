# files.cmake - makes init_files.c, which takes files in by the assembler
#
#   init_files(<out.c> <list name> <folder> FILE...)   appends a list of files of a folder

function(init_files out list folder)
  set(text "")
  set(rows "")
  set(number 0)
  foreach(file ${ARGN})
    execute_process(COMMAND test -x ${folder}/${file} RESULT_VARIABLE plain)
    if(plain)
      set(mode 0644)
    else()
      set(mode 0755)
    endif()
    string(APPEND text "TAKE_IN(${list}_${number}, \"${folder}/${file}\")\n")
    string(APPEND rows
      "\t{ \"${file}\", ${mode}, ${list}_${number}, ${list}_${number}_end },\n")
    math(EXPR number "${number} + 1")
    set_property(SOURCE ${out} APPEND PROPERTY OBJECT_DEPENDS ${folder}/${file})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${file})
  endforeach()
  set(INIT_FILES_TEXT
    "${INIT_FILES_TEXT}\n${text}\nconst struct init_file ${list}[] = {\n${rows}\t{ 0 },\n};\n"
    PARENT_SCOPE)
endfunction()
