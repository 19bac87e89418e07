# Every library that millpond links, under one name each (mp::...). System packages first, then the wheels in .deps.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)

function(mp_pkg name module)
  pkg_check_modules(PC_${name} REQUIRED IMPORTED_TARGET ${module})
  add_library(mp_${name} INTERFACE)
  target_link_libraries(mp_${name} INTERFACE PkgConfig::PC_${name})
  add_library(mp::${name} ALIAS mp_${name})
endfunction()

mp_pkg(sqlite sqlite3)
mp_pkg(yaml yaml-cpp)
mp_pkg(curl libcurl)
mp_pkg(md4c md4c)
mp_pkg(pugixml pugixml)
mp_pkg(zip libzip)
mp_pkg(icu icu-i18n)
mp_pkg(icuuc icu-uc)
mp_pkg(xxhash libxxhash)
mp_pkg(zstd libzstd)
mp_pkg(crypto libcrypto)
mp_pkg(edit libedit)
mp_pkg(ssl libssl)
target_link_libraries(mp_icu INTERFACE mp_icuuc)

find_package(nlohmann_json REQUIRED)
add_library(mp_json INTERFACE)
target_link_libraries(mp_json INTERFACE nlohmann_json::nlohmann_json)
add_library(mp::json ALIAS mp_json)

find_package(CLI11 REQUIRED)
add_library(mp_cli11 INTERFACE)
target_link_libraries(mp_cli11 INTERFACE CLI11::CLI11)
add_library(mp::cli11 ALIAS mp_cli11)

find_library(STEMMER stemmer REQUIRED)
add_library(mp_stemmer INTERFACE)
target_link_libraries(mp_stemmer INTERFACE ${STEMMER})
add_library(mp::stemmer ALIAS mp_stemmer)

# Arrow and Parquet out of the pyarrow wheel.
set(ARROW_DIR ${MILLPOND_DEPS}/pyarrow)
function(mp_arrow_library name file)
  if(NOT EXISTS ${ARROW_DIR}/${file})
    message(FATAL_ERROR "${ARROW_DIR}/${file} is missing; run ./dev install")
  endif()
  add_library(mp_${name} SHARED IMPORTED GLOBAL)
  set_target_properties(mp_${name} PROPERTIES IMPORTED_LOCATION ${ARROW_DIR}/${file}
    INTERFACE_INCLUDE_DIRECTORIES ${ARROW_DIR}/include INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${ARROW_DIR}/include)
  add_library(mp::${name} ALIAS mp_${name})
endfunction()
mp_arrow_library(arrow libarrow.so.2600)
mp_arrow_library(parquet libparquet.so.2600)
target_link_libraries(mp_parquet INTERFACE mp_arrow)

# OpenVINO is linked by one small plug-in only (src/model/openvino), loaded when a model is needed.
find_package(OpenVINO REQUIRED COMPONENTS Runtime PATHS ${MILLPOND_DEPS}/openvino/cmake NO_DEFAULT_PATH)
