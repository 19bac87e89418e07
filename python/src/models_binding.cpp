// Models and parsers: embedders, tokenizers, chunkers, one document.

#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "millpond/chunk/chunker.h"
#include "millpond/extract/detect.h"
#include "millpond/extract/encoded_document.h"
#include "millpond/extract/formats.h"
#include "millpond/extract/worker.h"
#include "millpond/model/catalog.h"
#include "millpond/model/embedder.h"
#include "millpond/model/tokenizer.h"
#include "tables.h"

namespace millpond::python {
namespace {

struct EmbedderHandle {
  std::shared_ptr<Runtime> runtime;
  std::shared_ptr<model::Embedder> embedder;
};

using Vectors = nb::ndarray<float, nb::ndim<2>, nb::c_contig, nb::numpy>;

Vectors embed(const EmbedderHandle& self, const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const auto dimensions = static_cast<std::size_t>(self.embedder->dimensions());
  auto data = std::make_unique<float[]>(texts.size() * dimensions);
  self.runtime->run([&](Context& context) { return self.embedder->embed(views, data.get(), context); });
  float* values = data.release();
  const nb::capsule owner(values, [](void* pointer) noexcept { delete[] static_cast<float*>(pointer); });
  return Vectors(values, {texts.size(), dimensions}, owner);
}

std::shared_ptr<const model::Tokenizer> tokenizer(const std::string& name) {
  return value(model::Tokenizer::load(value(model::find_model(name))));
}

struct TokenizerHandle {
  std::shared_ptr<const model::Tokenizer> tokenizer;
};

/// A text's elements that own what they show.
struct OwnedElements {
  std::vector<std::string> texts;
  std::vector<chunk::Element> elements;
};

OwnedElements elements_from(const std::vector<std::tuple<std::string, std::string, int, int>>& given) {
  OwnedElements owned;
  owned.texts.reserve(given.size());
  for (const auto& [kind, element_text, level, page] : given) {
    owned.texts.push_back(element_text);
    chunk::Element element;
    element.kind = chunk::kind_from_name(kind);
    element.level = level;
    element.page = page;
    element.text = owned.texts.back();
    owned.elements.push_back(element);
  }
  return owned;
}

nb::dict dict_of(const chunk::Chunk& chunk) {
  nb::dict each;
  each["text"] = chunk.text;
  each["heading_path"] = chunk.heading_path;
  each["first_element"] = chunk.first_element;
  each["last_element"] = chunk.last_element;
  each["first_char"] = chunk.first_char;
  each["last_char"] = chunk.last_char;
  each["first_page"] = chunk.first_page;
  each["last_page"] = chunk.last_page;
  each["tokens"] = chunk.tokens;
  return each;
}

nb::list split(const chunk::Chunker& self, const std::vector<std::tuple<std::string, std::string, int, int>>& given,
               const std::string& title) {
  const OwnedElements owned = elements_from(given);
  std::vector<chunk::Chunk> chunks;
  Status status;
  without_gil([&] {
    status = self.split(owned.elements, title, [&](const chunk::Chunk& chunk) -> Status {
      chunks.push_back(chunk);
      return {};
    });
  });
  check(status);
  nb::list list;
  for (const chunk::Chunk& chunk : chunks) list.append(dict_of(chunk));
  return list;
}

nb::dict extract_document(Runtime& runtime, const std::string& path, nb::bytes bytes, const std::string& media_type) {
  const std::string content(bytes.c_str(), bytes.size());
  const extract::EncodedDocument encoded = runtime.run([&](Context& context) {
    const auto pool = context.service<extract::WorkerPool>();
    return pool->parse({.media_type = media_type, .path = path, .bytes = content}, extract::Limits{}, context);
  });
  const extract::Document document = encoded.copy();
  nb::list elements;
  for (const extract::Element& element : document.elements) {
    nb::dict each;
    each["kind"] = std::string(extract::kind_name(element.kind));
    each["text"] = element.text;
    each["level"] = element.level;
    each["page"] = element.page;
    each["box"] = element.box.empty()
                      ? nb::none()
                      : nb::object(nb::make_tuple(element.box.x0, element.box.y0, element.box.x1, element.box.y1));
    each["html"] = element.html;
    elements.append(each);
  }
  nb::dict made;
  made["title"] = document.title;
  made["language"] = document.language;
  made["pages"] = document.pages;
  made["metadata"] = document.metadata;
  made["elements"] = elements;
  return made;
}

model::EmbedderOptions embedder_options(const std::string& model, int tokens_max, const std::string& precision,
                                        const std::string& url, const std::string& key_env, int dimensions) {
  model::EmbedderOptions options;
  options.model = model;
  options.tokens_max = tokens_max;
  options.precision = precision;
  options.url = url;
  options.key_env = key_env;
  options.dimensions = dimensions;
  return options;
}

void bind_embedder(nb::module_& module) {
  nb::class_<EmbedderHandle>(module, "Embedder")
      .def_static(
          "open",
          [](std::shared_ptr<Runtime> runtime, const std::string& model, int tokens_max, const std::string& precision,
             const std::string& url, const std::string& key_env, int dimensions) {
            const auto options = embedder_options(model, tokens_max, precision, url, key_env, dimensions);
            auto embedder = runtime->run([&](Context& context) { return model::open_embedder(options, context); });
            return EmbedderHandle{std::move(runtime), std::move(embedder)};
          },
          nb::arg("runtime"), nb::arg("model"), nb::arg("tokens_max"), nb::arg("precision"), nb::arg("url"),
          nb::arg("key_env"), nb::arg("dimensions"))
      .def_prop_ro("dimensions", [](const EmbedderHandle& self) { return self.embedder->dimensions(); })
      .def_prop_ro("tokens_max", [](const EmbedderHandle& self) { return self.embedder->tokens_max(); })
      .def_prop_ro("fingerprint", [](const EmbedderHandle& self) { return self.embedder->fingerprint(); })
      .def("embed", embed, nb::arg("texts"), nb::sig("def embed(self, texts: list[str]) -> typing.Any"));
}

void bind_tokenizer(nb::module_& module) {
  nb::class_<TokenizerHandle>(module, "Tokenizer")
      .def_static(
          "load", [](const std::string& model) { return TokenizerHandle{tokenizer(model)}; }, nb::arg("model"))
      .def(
          "encode",
          [](const TokenizerHandle& self, const std::string& text) {
            std::vector<std::int32_t> ids;
            self.tokenizer->encode(text, ids);
            return ids;
          },
          nb::arg("text"))
      .def(
          "encode_with_offsets",
          [](const TokenizerHandle& self, const std::string& text) {
            std::vector<std::int32_t> ids;
            std::vector<model::TokenSpan> spans;
            self.tokenizer->encode_with_offsets(text, ids, spans);
            std::vector<std::tuple<std::int32_t, std::uint32_t, std::uint32_t>> tokens;
            for (std::size_t i = 0; i < ids.size(); ++i) tokens.emplace_back(ids[i], spans[i].begin, spans[i].end);
            return tokens;
          },
          nb::arg("text"))
      .def(
          "count", [](const TokenizerHandle& self, const std::string& text) { return self.tokenizer->count(text); },
          nb::arg("text"))
      .def_prop_ro("vocabulary_size", [](const TokenizerHandle& self) { return self.tokenizer->vocabulary_size(); })
      .def_prop_ro("tokens_max", [](const TokenizerHandle& self) { return self.tokenizer->max_length(); })
      .def_prop_ro("fingerprint", [](const TokenizerHandle& self) { return self.tokenizer->fingerprint(); });
}

}  // namespace

void bind_models(nb::module_& module) {
  bind_embedder(module);
  bind_tokenizer(module);
  nb::class_<chunk::Chunker>(module, "Chunker")
      .def_static(
          "make",
          [](const TokenizerHandle& tokenizer, const std::string& mode, int tokens_max, int tokens_min,
             int tokens_overlap) {
            chunk::Rules rules;
            const auto known = chunk::mode_from_name(mode);
            if (!known || *known == chunk::Mode::kSemantic) {
              raise(invalid("no such mode: ", mode).hint("As `by` of the operator chunk, but for semantic."));
            }
            rules.mode = *known;
            rules.tokens_max = tokens_max;
            rules.tokens_min = tokens_min;
            rules.tokens_overlap = tokens_overlap;
            return value(chunk::Chunker::make(tokenizer.tokenizer, rules));
          },
          nb::arg("tokenizer"), nb::arg("mode"), nb::arg("tokens_max"), nb::arg("tokens_min"),
          nb::arg("tokens_overlap"))
      .def(
          "split", split, nb::arg("elements"), nb::arg("title"),
          nb::sig(
              "def split(self, elements: list[tuple[str, str, int, int]], title: str) -> list[dict[str, typing.Any]]"));
  module.def(
      "extract", extract_document, nb::arg("runtime"), nb::arg("path"), nb::arg("content"), nb::arg("media_type"),
      nb::sig("def extract(runtime: Runtime, path: str, content: bytes, media_type: str) -> dict[str, typing.Any]"));
  module.def(
      "media_type",
      [](nb::bytes first_bytes, const std::string& name) {
        return extract::detect_media_type({first_bytes.c_str(), first_bytes.size()}, name);
      },
      nb::arg("first_bytes"), nb::arg("name"));
  module.def("formats", [] {
    std::vector<std::tuple<std::string, std::string, std::string>> list;
    for (const extract::Format& format : extract::formats())
      list.emplace_back(std::string(format.media_type), std::string(format.name), std::string(format.summary));
    return list;
  });
}

}  // namespace millpond::python
