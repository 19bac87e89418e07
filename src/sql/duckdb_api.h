#pragma once
// The part of DuckDB's C API that millpond calls, loaded at run time: commands without SQL start without the library.
//
// Source: DuckDB's C API, 1.5. Handles are opaque pointers; the layout of `Result` and `Progress` is part of the API.

#include <cstdint>
#include <string>

#include "millpond/status.h"

struct ArrowSchema;
struct ArrowArray;

namespace millpond::sql::duck {

using Handle = void*;  ///< every kind of handle is a pointer that only the library looks into
using State = int;     ///< 0: success

/// A result is passed by value; only its address of the inside counts.
struct Result {
  std::uint64_t deprecated[3];
  void* deprecated_columns;
  char* deprecated_error;
  void* internal;
};
struct Progress {
  double percentage;
  std::uint64_t rows_done, rows_total;
};

enum Pending : int { kReady = 0, kNotReady = 1, kFailed = 2, kNoTasks = 3 };
enum Statement : int {
  kSelect = 1,
  kInsert = 2,
  kUpdate = 3,
  kExplain = 4,
  kDelete = 5,
  kPrepare = 6,
  kCreate = 7,
  kExecute = 8,
  kAlter = 9,
  kCopy = 11,
  kVariableSet = 13,
  kCreateFunction = 14,
  kDrop = 15,
  kExportDatabase = 16,
  kPragma = 17,
  kCall = 19,
  kSet = 20,
  kLoad = 21,
  kExtension = 23,
  kAttach = 25,
  kDetach = 26
};
enum TypeId : int {
  kTinyint = 2,
  kSmallint = 3,
  kUtinyint = 6,
  kUsmallint = 7,
  kUinteger = 8,
  kUbigint = 9,
  kBoolean = 1,
  kInteger = 4,
  kBigint = 5,
  kFloat = 10,
  kDouble = 11,
  kTimestamp = 12,
  kDate = 13,
  kTime = 14,
  kHugeint = 16,
  kVarchar = 17,
  kBlob = 18,
  kDecimal = 19,
  kTimestampS = 20,
  kTimestampMs = 21,
  kTimestampNs = 22,
  kList = 24,
  kStruct = 25,
  kMap = 26,
  kTimestampTz = 31,
  kUhugeint = 32,
  kArray = 33
};

using ReplacementCallback = void(Handle info, const char* name, void* data);
using InfoCallback = void(Handle info);
using TableFunction = void(Handle info, Handle output);
using ScalarFunction = void(Handle info, Handle chunk, Handle output);

// Result type, name without its prefix `duckdb_`, parameters.
#define MP_DUCKDB_FUNCTIONS(X)                                                                   \
  X(const char*, library_version, ())                                                            \
  X(void, free, (void*))                                                                         \
  X(State, create_config, (Handle*))                                                             \
  X(State, set_config, (Handle, const char*, const char*))                                       \
  X(void, destroy_config, (Handle*))                                                             \
  X(State, open_ext, (const char*, Handle*, Handle, char**))                                     \
  X(void, close, (Handle*))                                                                      \
  X(State, connect, (Handle, Handle*))                                                           \
  X(void, disconnect, (Handle*))                                                                 \
  X(void, interrupt, (Handle))                                                                   \
  X(Progress, query_progress, (Handle))                                                          \
  X(State, query, (Handle, const char*, Result*))                                                \
  X(void, destroy_result, (Result*))                                                             \
  X(const char*, result_error, (Result*))                                                        \
  X(std::uint64_t, column_count, (Result*))                                                      \
  X(const char*, column_name, (Result*, std::uint64_t))                                          \
  X(Handle, column_logical_type, (Result*, std::uint64_t))                                       \
  X(std::uint64_t, rows_changed, (Result*))                                                      \
  X(Handle, result_get_arrow_options, (Result*))                                                 \
  X(void, destroy_arrow_options, (Handle*))                                                      \
  X(Handle, to_arrow_schema, (Handle, Handle*, const char**, std::uint64_t, ::ArrowSchema*))     \
  X(Handle, data_chunk_to_arrow, (Handle, Handle, ::ArrowArray*))                                \
  X(const char*, error_data_message, (Handle))                                                   \
  X(bool, error_data_has_error, (Handle))                                                        \
  X(void, destroy_error_data, (Handle*))                                                         \
  X(std::uint64_t, extract_statements, (Handle, const char*, Handle*))                           \
  X(const char*, extract_statements_error, (Handle))                                             \
  X(State, prepare_extracted_statement, (Handle, Handle, std::uint64_t, Handle*))                \
  X(void, destroy_extracted, (Handle*))                                                          \
  X(const char*, prepare_error, (Handle))                                                        \
  X(void, destroy_prepare, (Handle*))                                                            \
  X(int, prepared_statement_type, (Handle))                                                      \
  X(std::uint64_t, prepared_statement_column_count, (Handle))                                    \
  X(const char*, prepared_statement_column_name, (Handle, std::uint64_t))                        \
  X(Handle, prepared_statement_column_logical_type, (Handle, std::uint64_t))                     \
  X(State, pending_prepared_streaming, (Handle, Handle*))                                        \
  X(int, pending_execute_task, (Handle))                                                         \
  X(int, pending_execute_check_state, (Handle))                                                  \
  X(const char*, pending_error, (Handle))                                                        \
  X(void, destroy_pending, (Handle*))                                                            \
  X(State, execute_pending, (Handle, Result*))                                                   \
  X(Handle, fetch_chunk, (Result))                                                               \
  X(std::uint64_t, data_chunk_get_size, (Handle))                                                \
  X(void, destroy_data_chunk, (Handle*))                                                         \
  X(Handle, data_chunk_get_vector, (Handle, std::uint64_t))                                      \
  X(void*, vector_get_data, (Handle))                                                            \
  X(int, get_type_id, (Handle))                                                                  \
  X(Handle, create_logical_type, (int))                                                          \
  X(void, destroy_logical_type, (Handle*))                                                       \
  X(Handle, list_type_child_type, (Handle))                                                      \
  X(Handle, array_type_child_type, (Handle))                                                     \
  X(Handle, map_type_key_type, (Handle))                                                         \
  X(Handle, map_type_value_type, (Handle))                                                       \
  X(std::uint64_t, struct_type_child_count, (Handle))                                            \
  X(std::uint8_t, decimal_width, (Handle))                                                       \
  X(std::uint8_t, decimal_scale, (Handle))                                                       \
  X(char*, struct_type_child_name, (Handle, std::uint64_t))                                      \
  X(Handle, struct_type_child_type, (Handle, std::uint64_t))                                     \
  X(void, add_replacement_scan, (Handle, ReplacementCallback*, void*, void (*)(void*)))          \
  X(void, replacement_scan_set_function_name, (Handle, const char*))                             \
  X(void, replacement_scan_add_parameter, (Handle, Handle))                                      \
  X(void, replacement_scan_set_error, (Handle, const char*))                                     \
  X(Handle, create_varchar_length, (const char*, std::uint64_t))                                 \
  X(void, destroy_value, (Handle*))                                                              \
  X(Handle, create_scalar_function, ())                                                          \
  X(void, destroy_scalar_function, (Handle*))                                                    \
  X(void, scalar_function_set_name, (Handle, const char*))                                       \
  X(void, scalar_function_add_parameter, (Handle, Handle))                                       \
  X(void, scalar_function_set_return_type, (Handle, Handle))                                     \
  X(void, scalar_function_set_extra_info, (Handle, void*, void (*)(void*)))                      \
  X(void*, scalar_function_get_extra_info, (Handle))                                             \
  X(void, scalar_function_set_function, (Handle, ScalarFunction*))                               \
  X(void, scalar_function_set_error, (Handle, const char*))                                      \
  X(State, register_scalar_function, (Handle, Handle))                                           \
  X(Handle, create_table_function, ())                                                           \
  X(void, destroy_table_function, (Handle*))                                                     \
  X(void, table_function_set_name, (Handle, const char*))                                        \
  X(void, table_function_add_parameter, (Handle, Handle))                                        \
  X(void, table_function_set_extra_info, (Handle, void*, void (*)(void*)))                       \
  X(void, table_function_set_bind, (Handle, InfoCallback*))                                      \
  X(void, table_function_set_init, (Handle, InfoCallback*))                                      \
  X(void, table_function_set_local_init, (Handle, InfoCallback*))                                \
  X(void, table_function_set_function, (Handle, TableFunction*))                                 \
  X(void, table_function_supports_projection_pushdown, (Handle, bool))                           \
  X(State, register_table_function, (Handle, Handle))                                            \
  X(void*, bind_get_extra_info, (Handle))                                                        \
  X(Handle, bind_get_parameter, (Handle, std::uint64_t))                                         \
  X(void, bind_add_result_column, (Handle, const char*, Handle))                                 \
  X(void, bind_set_bind_data, (Handle, void*, void (*)(void*)))                                  \
  X(void, bind_set_cardinality, (Handle, std::uint64_t, bool))                                   \
  X(void, bind_set_error, (Handle, const char*))                                                 \
  X(std::int64_t, get_int64, (Handle))                                                           \
  X(void*, init_get_bind_data, (Handle))                                                         \
  X(std::uint64_t, init_get_column_count, (Handle))                                              \
  X(std::uint64_t, init_get_column_index, (Handle, std::uint64_t))                               \
  X(void, init_set_init_data, (Handle, void*, void (*)(void*)))                                  \
  X(void, init_set_max_threads, (Handle, std::uint64_t))                                         \
  X(void*, function_get_init_data, (Handle))                                                     \
  X(void*, function_get_local_init_data, (Handle))                                               \
  X(void, function_set_error, (Handle, const char*))                                             \
  X(Handle, create_decimal_type, (std::uint8_t, std::uint8_t))                                   \
  X(Handle, create_list_type, (Handle))                                                          \
  X(Handle, create_map_type, (Handle, Handle))                                                   \
  X(Handle, create_struct_type, (Handle*, const char**, std::uint64_t))                          \
  X(std::uint64_t, vector_size, ())                                                              \
  X(void, data_chunk_set_size, (Handle, std::uint64_t))                                          \
  X(void, vector_ensure_validity_writable, (Handle))                                             \
  X(std::uint64_t*, vector_get_validity, (Handle))                                               \
  X(void, vector_assign_string_element_len, (Handle, std::uint64_t, const char*, std::uint64_t)) \
  X(Handle, list_vector_get_child, (Handle))                                                     \
  X(State, list_vector_set_size, (Handle, std::uint64_t))                                        \
  X(State, list_vector_reserve, (Handle, std::uint64_t))                                         \
  X(Handle, struct_vector_get_child, (Handle, std::uint64_t))

struct Api {
#define MP_DUCKDB_MEMBER(result, name, parameters) result(*name) parameters = nullptr;
  MP_DUCKDB_FUNCTIONS(MP_DUCKDB_MEMBER)
#undef MP_DUCKDB_MEMBER
  std::string path;  ///< of the library
};

/// Looks at $MILLPOND_DUCKDB, beside the program, in ../lib/millpond from there, and where ./dev install --sql puts it.
/// A library stays loaded once it is. Threads: any.
/// Errors: kUnavailable with what to install; kUnsupported for a library that lacks a function.
millpond::Result<const Api*> load();

}  // namespace millpond::sql::duck
