#pragma once
// The endpoints of OpenAI's API, by subject.

#include <memory>

#include "millpond/serve/router.h"
#include "serve/openai/stores.h"

namespace millpond::serve::openai {

using StoresPtr = std::shared_ptr<Stores>;

void add_model_routes(Router& router, StoresPtr stores);     ///< models, embeddings
void add_file_routes(Router& router, StoresPtr stores);      ///< files
void add_store_routes(Router& router, StoresPtr stores);     ///< vector_stores, their files and batches
void add_response_routes(Router& router, StoresPtr stores);  ///< responses
void add_chat_routes(Router& router, StoresPtr stores);      ///< chat completions

/// Who answers: "millpond" quotes; with a chat model configured, its name.
std::string answer_model(const Library& library);

}  // namespace millpond::serve::openai
