#pragma once
// What the generated table defines (cmake/Modules.cmake); lists end with a null.

#include "millpond/fold.h"
#include "millpond/operator.h"
#include "millpond/registry.h"
#include "millpond/scattered.h"
#include "millpond/sink.h"
#include "millpond/source.h"

extern const millpond::OperatorDef* const millpond_operator_list[];
extern const unsigned millpond_operator_count;
extern const millpond::FoldDef* const millpond_fold_list[];
extern const unsigned millpond_fold_count;
extern const millpond::ScatteredDef* const millpond_scattered_list[];
extern const unsigned millpond_scattered_count;
extern const millpond::SourceDef* const millpond_source_list[];
extern const unsigned millpond_source_count;
extern const millpond::SinkDef* const millpond_sink_list[];
extern const unsigned millpond_sink_count;
