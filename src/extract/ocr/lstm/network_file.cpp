#include <algorithm>
#include <cmath>

#include "extract/ocr/lstm/language_bytes.h"
#include "extract/ocr/lstm/traineddata.h"

namespace millpond::extract::lstm {
namespace {

constexpr std::uint32_t kPartsMax = 100, kDepthMax = 8, kSideMax = 4096, kLayersMax = 64, kHeightMax = 256;
constexpr int kWindowMax = 8;

struct Head {
  std::string_view kind;
  std::int32_t flags = 0, inputs = 0, outputs = 0;
};

class NetworkReader {
 public:
  explicit NetworkReader(LanguageBytes& in) : in_(in) {}

  Status read(Network& to, std::uint32_t depth) {
    if (depth > kDepthMax) return unsupported("OCR network: layers within layers, more than ", kDepthMax);
    const Head head = read_head();
    if (in_.broken) return corrupt("OCR network: it ends within a layer");
    if (head.inputs < 0 || head.outputs < 0 || head.inputs > int(kSideMax) || head.outputs > int(kSideMax)) {
      return corrupt("OCR network: a layer of ", head.inputs, " to ", head.outputs, " numbers");
    }
    if (to.layers.size() >= kLayersMax) return unsupported("OCR network: more layers than ", kLayersMax);
    if (head.kind == "Series") return read_series(head, to, depth);
    if (head.kind == "Input") return read_input(to);
    if (head.kind == "RTLReversed" || head.kind == "XYTranspose") return read_wrapped(head, to, depth);
    if (head.kind == "Convolve" || head.kind == "Maxpool") return read_window(head, to);
    if (head.kind == "LSTM" || head.kind == "SummLSTM") return read_lstm(head, to);
    if (head.kind == "Tanh" || head.kind == "Softmax") return read_connected(head, to);
    return unsupported("OCR network: a layer of another kind: ", head.kind);
  }

 private:
  Head read_head() {
    static constexpr std::string_view kKinds[] = {
        "Invalid",     "Input",        "Convolve",  "Maxpool",  "Parallel", "Replicated",
        "ParBidiLSTM", "DepParUDLSTM", "Par2dLSTM", "Series",   "Reconfig", "RTLReversed",
        "TTBReversed", "XYTranspose",  "LSTM",      "SummLSTM", "Logistic", "LinLogistic",
        "LinTanh",     "Tanh",         "Relu",      "Linear",   "Softmax"};
    Head head;
    const std::size_t number = in_.number<std::uint8_t>();
    if (number == 0) {
      head.kind = in_.name();
    } else {
      head.kind = number < std::size(kKinds) ? kKinds[number] : "unknown";
    }
    in_.take(2);  // whether it was being trained
    head.flags = in_.number<std::int32_t>();
    head.inputs = in_.number<std::int32_t>();
    head.outputs = in_.number<std::int32_t>();
    in_.take(4);  // how many weights
    in_.name();
    return head;
  }

  Status read_parts(const Head& head, Network& to, std::uint32_t depth, std::uint32_t parts_max) {
    constexpr std::int32_t kOwnRates = 64;
    const auto parts = in_.number<std::uint32_t>();
    if (parts < 1 || parts > parts_max) return unsupported("OCR network: layers in a group: ", parts);
    for (std::uint32_t i = 0; i < parts; ++i) MP_TRY(read(to, depth + 1));
    if (head.flags & kOwnRates) {
      const auto rates = in_.number<std::uint32_t>();
      in_.take(std::size_t{rates} * 4);
    }
    return in_.broken ? corrupt("OCR network: it ends within a group") : Status{};
  }

  Status read_series(const Head& head, Network& to, std::uint32_t depth) {
    return read_parts(head, to, depth, kPartsMax);
  }

  Status read_input(Network& to) {
    in_.take(4);
    const auto height = in_.number<std::int32_t>(), width = in_.number<std::int32_t>(),
               depth = in_.number<std::int32_t>();
    in_.take(4);
    if (in_.broken || to.height != 0 || !to.layers.empty()) return corrupt("OCR network: its input");
    if (height < 2 || height > int(kHeightMax) || width != 0 || depth != 1) {
      return unsupported("OCR network: pictures of height ", height, ", width ", width, ", depth ", depth);
    }
    to.height = height;
    return {};
  }

  Status read_wrapped(const Head& head, Network& to, std::uint32_t depth) {
    const std::size_t at = to.layers.size();
    MP_TRY(read_parts(head, to, depth, 1));
    if (to.layers.size() != at + 1) return unsupported("OCR network: more than a layer in ", head.kind);
    Layer& layer = to.layers[at];
    if (head.kind == "RTLReversed" && layer.kind == Layer::Kind::kForward) {
      layer.kind = Layer::Kind::kBackward;
    } else if (head.kind != "XYTranspose" || layer.kind != Layer::Kind::kSummary) {
      return unsupported("OCR network: a layer that cannot stand in ", head.kind);
    }
    return {};
  }

  Status read_window(const Head& head, Network& to) {
    Layer layer;
    const bool convolve = head.kind == "Convolve";
    layer.kind = convolve ? Layer::Kind::kConvolve : Layer::Kind::kMaxpool;
    layer.inputs = head.inputs;
    layer.across = in_.number<std::int32_t>(), layer.down = in_.number<std::int32_t>();
    if (in_.broken || layer.inputs < 1) return corrupt("OCR network: a window");
    if (layer.across < 1 || layer.down < 1 || layer.across > kWindowMax || layer.down > kWindowMax) {
      return unsupported("OCR network: a window of ", layer.across, " by ", layer.down);
    }
    layer.outputs = convolve ? layer.inputs * (2 * layer.across + 1) * (2 * layer.down + 1) : layer.inputs;
    to.layers.push_back(std::move(layer));
    return {};
  }

  Status read_lstm(const Head& head, Network& to) {
    Layer layer;
    layer.kind = head.kind == "LSTM" ? Layer::Kind::kForward : Layer::Kind::kSummary;
    layer.inputs = head.inputs, layer.outputs = head.outputs;
    if (in_.number<std::int32_t>() != head.inputs + head.outputs) {
      return unsupported("OCR network: an LSTM of two dimensions");
    }
    for (int gate = 0; gate < 4; ++gate) {
      MP_ASSIGN(Weights weights, read_weights());
      if (weights.outputs != head.outputs || weights.inputs != head.inputs + head.outputs) {
        return corrupt("OCR network: a gate of ", weights.outputs, " by ", weights.inputs);
      }
      layer.weights.push_back(std::move(weights));
    }
    to.layers.push_back(std::move(layer));
    return {};
  }

  Status read_connected(const Head& head, Network& to) {
    Layer layer;
    layer.kind = head.kind == "Tanh" ? Layer::Kind::kTanh : Layer::Kind::kSoftmax;
    layer.inputs = head.inputs, layer.outputs = head.outputs;
    MP_ASSIGN(Weights weights, read_weights());
    if (weights.outputs != head.outputs || weights.inputs != head.inputs) {
      return corrupt("OCR network: a layer of ", weights.outputs, " by ", weights.inputs);
    }
    layer.weights.push_back(std::move(weights));
    to.layers.push_back(std::move(layer));
    return {};
  }

  /// A row has its bias behind its inputs; each is so many 127ths of the row's scale.
  Result<Weights> read_weights() {
    constexpr unsigned kBytes = 1, kDoubles = 128;
    const unsigned mode = in_.number<std::uint8_t>();
    if (!in_.broken && (mode & (kBytes | kDoubles)) != (kBytes | kDoubles)) {
      return unsupported("OCR network: its weights are no bytes").hint("The files of tessdata_fast have such.");
    }
    const auto rows = in_.number<std::uint32_t>(), columns = in_.number<std::uint32_t>();
    in_.take(1);
    if (rows < 1 || columns < 2 || rows > kSideMax || columns > 2 * kSideMax) {
      return corrupt("OCR network: weights of ", rows, " by ", columns);
    }
    const std::string_view bytes = in_.take(std::size_t{rows} * columns);
    const auto scales = in_.number<std::uint32_t>();
    if (in_.broken || scales < rows || scales > 2 * kSideMax) return corrupt("OCR network: its weights are cut off");
    Weights out;
    out.outputs = int(rows), out.inputs = int(columns) - 1;
    out.values.reserve(std::size_t{rows} * (columns - 1));
    for (std::size_t row = 0; row < rows; ++row) {
      const auto* from = reinterpret_cast<const std::int8_t*>(bytes.data()) + row * columns;
      out.values.insert(out.values.end(), from, from + columns - 1);
      out.bias.push_back(from[columns - 1]);
    }
    if (std::find(out.values.begin(), out.values.end(), -128) != out.values.end()) {
      return unsupported("OCR network: a weight of -128");
    }
    for (std::uint32_t i = 0; i < scales; ++i) {
      const auto scale = in_.number<double>();
      if (!std::isfinite(scale)) return corrupt("OCR network: a scale that is no number");
      if (i < rows) out.scales.push_back(static_cast<float>(scale / 127));
    }
    if (in_.broken) return corrupt("OCR network: its scales are cut off");
    return out;
  }

  LanguageBytes& in_;
};

/// Convolution and pooling over the picture, one summary of the columns, LSTMs along the line, letters at the end.
Status check_order(const Network& network) {
  using Kind = Layer::Kind;
  int numbers = 1;
  bool flat = false;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    if (layer.inputs != numbers) return corrupt("OCR network: layers that do not fit together");
    numbers = layer.outputs;
    const bool along = layer.kind == Kind::kForward || layer.kind == Kind::kBackward || layer.kind == Kind::kSoftmax;
    const bool last = i + 1 == network.layers.size();
    if (along != flat || last != (layer.kind == Kind::kSoftmax)) return unsupported("OCR network: order of its layers");
    if (layer.kind == Kind::kConvolve && (last || network.layers[i + 1].kind != Kind::kTanh)) {
      return unsupported("OCR network: order of its layers");
    }
    if (layer.kind == Kind::kTanh && (i == 0 || network.layers[i - 1].kind != Kind::kConvolve)) {
      return unsupported("OCR network: order of its layers");
    }
    flat = flat || layer.kind == Kind::kSummary;
  }
  return network.layers.empty() || network.height == 0 ? corrupt("OCR network: it has no layers") : Status{};
}

}  // namespace

Result<LanguageParts> split_language_file(std::string_view bytes) {
  constexpr std::size_t kNetwork = 17, kPunctuation = 18, kWords = 19, kNumbers = 20, kLetters = 21, kCodes = 22;
  LanguageBytes in(bytes);
  const auto count = in.number<std::uint32_t>();
  if (count > kPartsMax) return corrupt("language file of Tesseract: parts: ", count);
  std::vector<std::int64_t> starts(count);
  for (std::int64_t& start : starts) start = in.number<std::int64_t>();
  if (in.broken) return corrupt("language file of Tesseract: it is cut off");
  const auto size = static_cast<std::int64_t>(bytes.size());
  const auto part = [&](std::size_t index, std::string_view& to) -> Status {
    if (index >= starts.size() || starts[index] < 0) return {};
    std::int64_t end = size;
    for (std::size_t next = index + 1; next < starts.size(); ++next) {
      if (starts[next] == -1) continue;
      end = starts[next];
      break;
    }
    if (starts[index] > size || end < starts[index] || end > size) {
      return corrupt("language file of Tesseract: a part outside of it: ", starts[index]);
    }
    to = bytes.substr(static_cast<std::size_t>(starts[index]), static_cast<std::size_t>(end - starts[index]));
    return {};
  };
  LanguageParts parts;
  MP_TRY(part(kNetwork, parts.network));
  MP_TRY(part(kPunctuation, parts.punctuation));
  MP_TRY(part(kWords, parts.words));
  MP_TRY(part(kNumbers, parts.numbers));
  MP_TRY(part(kLetters, parts.letters));
  MP_TRY(part(kCodes, parts.codes));
  return parts;
}

Result<Network> read_network(std::string_view bytes) {
  LanguageBytes in(bytes);
  Network network;
  MP_TRY(NetworkReader(in).read(network, 0));
  MP_TRY(check_order(network));
  in.name();   // its description
  in.take(8);  // flags, turns of training
  network.samples = in.number<std::int32_t>();
  network.blank = in.number<std::int32_t>();
  if (in.broken) return corrupt("OCR network: its end is cut off");
  if (network.blank < 0 || network.blank >= network.layers.back().outputs) {
    return corrupt("OCR network: an empty letter that it has not: ", network.blank);
  }
  return network;
}

}  // namespace millpond::extract::lstm
