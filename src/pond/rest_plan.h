#pragma once
// Scans that the catalog plans for its clients.
//
// Source: Iceberg REST specification, "planTableScan", "fetchScanTasks".

#include "millpond/context.h"
#include "pond/rest_document.h"
#include "pond/state.h"

namespace millpond::pond {

/// A `PlanTableScanRequest` answered at once: the first tasks, and a token for the others if there are many. A token
/// holds what was asked, so that any server of the catalog can go on with it. Throws Document::exception for members
/// of the wrong type. Errors: kNotFound for the snapshot; kUnsupported for a scan between two snapshots.
Result<Document> plan_table_scan(PondState& pond, const TableMetadata& table, const Document& request,
                                 Context& context);

/// The tasks that a token stands for. Errors: kNotFound for what is no token of ours.
Result<Document> fetch_scan_tasks(PondState& pond, const TableMetadata& table, const Document& request,
                                  Context& context);

}  // namespace millpond::pond
