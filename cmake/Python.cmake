# The Python package: the extension millpond._millpond, the worker that parses files, and the inference plug-in beside
# them. `pip install .` configures with MILLPOND_PYTHON; see pyproject.toml.

function(millpond_python)
  find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
  find_package(nanobind CONFIG REQUIRED)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/python/src/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/worker\\.cpp$")
  nanobind_add_module(_millpond NB_STATIC NOMINSIZE ${sources})
  target_include_directories(_millpond PRIVATE ${CMAKE_SOURCE_DIR}/python/src)
  target_link_libraries(_millpond PRIVATE millpond_ask millpond_source millpond_curate millpond_sql millpond_registry mp::json)
  # Only the module's own entry is visible: other extensions in the process may carry the same libraries.
  target_link_options(_millpond PRIVATE -Wl,--exclude-libs,ALL)

  nanobind_add_stub(_millpond_stub MODULE _millpond OUTPUT _millpond.pyi PYTHON_PATH $<TARGET_FILE_DIR:_millpond>
    DEPENDS _millpond)

  add_executable(millpond-worker ${CMAKE_SOURCE_DIR}/python/src/worker.cpp)
  target_link_libraries(millpond-worker PRIVATE millpond_extract)

  # Arrow comes from the pyarrow beside the package, so that both share one; else from where the build found it.
  set_target_properties(_millpond millpond-worker PROPERTIES
    INSTALL_RPATH "$ORIGIN/../pyarrow:${MILLPOND_DEPS}/pyarrow")
  set_target_properties(millpond_openvino PROPERTIES
    INSTALL_RPATH "$ORIGIN/../openvino/libs:${MILLPOND_DEPS}/openvino/libs")
  install(TARGETS _millpond millpond_openvino LIBRARY DESTINATION millpond COMPONENT python)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/_millpond.pyi DESTINATION millpond COMPONENT python)
  install(TARGETS millpond-worker RUNTIME DESTINATION millpond COMPONENT python)
endfunction()
