# rooms.cmake - one library per room, link lines that mirror the floors.
#
#   ingot_room(store_blob SOURCES blob.c tree.c LINKS base)
#       a static library of this folder's sources; it sees the headers of the
#       rooms it links and of nothing else that needs linking, so that a call
#       upwards does not link.
#   ingot_test(store_blob test_blob.c [LINKS ...])
#       a cmocka program of its own under ctest, with a time limit, linked
#       against that room alone (and what lies below it).
#   ingot_fuzz(pipeline fuzz_definition.c LINKS scheduler_pipeline)
#       with -DINGOT_FUZZ=ON a libFuzzer program, otherwise a plain test that
#       runs its corpus, tests/fuzz/corpus/<name>/.

function(ingot_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(${name} PUBLIC ${ROOM_LINKS} PRIVATE ingot_flags ${ROOM_PRIVATE_LINKS})
endfunction()

function(ingot_test room source)
  cmake_parse_arguments(TEST "" "TIMEOUT" "LINKS" ${ARGN})
  if(NOT INGOT_TESTS)
    return()
  endif()
  get_filename_component(stem ${source} NAME_WE)
  string(REGEX REPLACE "^test_" "" stem ${stem})
  set(name unit_${room}_${stem})
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ingot_flags ${room} ${TEST_LINKS} cmocka)
  add_test(NAME unit/${room}/${stem} COMMAND ${name})
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 60)
  endif()
  set_tests_properties(unit/${room}/${stem} PROPERTIES TIMEOUT ${TEST_TIMEOUT} LABELS unit)
endfunction()

function(ingot_fuzz name source)
  cmake_parse_arguments(FUZZ "" "" "LINKS" ${ARGN})
  if(NOT INGOT_TESTS AND NOT INGOT_FUZZ)
    return()
  endif()
  add_executable(fuzz_${name} ${source})
  target_link_libraries(fuzz_${name} PRIVATE ingot_flags ${FUZZ_LINKS})
  set(driver_options "")
  if(INGOT_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    set(driver_options -runs=0)
  else()
    target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus_driver.c)
  endif()
  add_test(NAME fuzz/${name}
           COMMAND fuzz_${name} ${driver_options} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  set_tests_properties(fuzz/${name} PROPERTIES TIMEOUT 120 LABELS fuzz)
endfunction()
