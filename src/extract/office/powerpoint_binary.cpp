// Presentations of PowerPoint 97 to 2003.

#include "millpond/extract/powerpoint_binary.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "extract/compound/compound_file.h"
#include "extract/compound/summary_properties.h"
#include "extract/document_builder.h"
#include "extract/office/slide_text.h"
#include "extract/text/clean.h"

namespace millpond::extract {
namespace {

enum Type : std::uint16_t {
  kDocument = 0x03E8,
  kSlide = 0x03EE,
  kSlideAtom = 0x03EF,
  kNotes = 0x03F0,
  kSlidePersist = 0x03F3,
  kDrawing = 0x040C,
  kPlaceholder = 0x0BC3,
  kOutlineReference = 0x0F9E,
  kSlideList = 0x0FF0,
  kUserEdit = 0x0FF5,
  kPersistDirectory = 0x1772,
  kShapesOfDrawing = 0xF002,
  kGroup = 0xF003,
  kShape = 0xF004,
  kProperties = 0xF00B,
  kTextBox = 0xF00D,
  kChildAnchor = 0xF00F,
  kClientAnchor = 0xF010,
  kClientData = 0xF011,
  kMoreProperties = 0xF122
};
constexpr int kDepthMax = 48;
constexpr int kEditsMax = 10'000;
constexpr std::size_t kObjectsMax = 2'000'000;
constexpr int kNotesText = 2;
constexpr unsigned kTableProperty = 0x039F;

/// What SlidePersistAtom says of a slide, and its texts that stand in the outline.
struct ListedSlide {
  std::uint32_t object = 0, id = 0;
  std::vector<SlideText> texts;
};

/// One text box, or a table of them.
struct Shape {
  std::int32_t left = 0, top = 0, right = 0, bottom = 0;
  int placeholder = 0;
  std::vector<SlideText> texts;
  std::vector<Shape> cells;  ///< of a table
};

class PowerPointReader {
 public:
  PowerPointReader(std::string stream, const Limits& limits)
      : stream_(std::move(stream)), limits_(limits), out_(limits) {}

  Status read_places(std::uint32_t current_edit);
  Status read_document();
  Status write_slides();
  DocumentBuilder& out() { return out_; }

 private:
  Result<SlideRecord> record_at(std::uint32_t place) const;
  Result<SlideRecord> object(std::uint32_t id) const;
  void read_list(const SlideRecord& list, std::vector<ListedSlide>& out);
  void read_shapes(const SlideRecord& group, const ListedSlide* listed, std::vector<Shape>& out, int depth);
  Shape read_shape(const SlideRecord& record, const ListedSlide* listed) const;
  std::vector<Shape> shapes_of(const SlideRecord& slide, const ListedSlide* listed);
  void write_shape(const Shape& shape);
  void write_table(const Shape& table);
  void write_notes(std::uint32_t id);

  const std::string stream_;
  const Limits& limits_;
  DocumentBuilder out_;
  std::map<std::uint32_t, std::uint32_t> places_;  // of objects, by number
  std::uint32_t document_ = 0;
  std::vector<ListedSlide> slides_, notes_;
};

Result<SlideRecord> PowerPointReader::record_at(std::uint32_t place) const {
  const std::string_view all = stream_;
  if (place >= all.size() || all.size() - place < 8) return corrupt("presentation: no record at byte ", place);
  SlideRecord found;
  bool any = false;
  each_record(all.substr(place), [&](const SlideRecord& record) {
    found = record;
    any = true;
    return false;
  });
  if (!any) return corrupt("presentation: the record is cut off at byte ", place);
  return found;
}

Result<SlideRecord> PowerPointReader::object(std::uint32_t id) const {
  const auto place = places_.find(id);
  if (place == places_.end()) return corrupt("presentation: no object ", id);
  return record_at(place->second);
}

// Each time that a presentation is saved quickly, an edit with the objects that changed is put behind the others.
Status PowerPointReader::read_places(std::uint32_t current_edit) {
  std::uint32_t edit = current_edit;
  for (int i = 0; i < kEditsMax; ++i) {
    MP_ASSIGN(const SlideRecord record, record_at(edit));
    if (record.type != kUserEdit || record.data.size() < 28) {
      return corrupt("presentation: no list of its objects at byte ", edit);
    }
    if (record.data.size() >= 32) {
      return unsupported("an encrypted presentation").hint("Remove its password and save it again.");
    }
    if (i == 0) document_ = little32(record.data, 16);
    MP_ASSIGN(const SlideRecord directory, record_at(little32(record.data, 12)));
    if (directory.type != kPersistDirectory) return corrupt("presentation: no directory of its objects");
    for (std::size_t at = 0; at + 4 <= directory.data.size();) {
      const std::uint32_t first = little32(directory.data, at);
      const std::uint32_t number = first & 0xFFFFF, count = first >> 20;
      at += 4;
      for (std::uint32_t k = 0; k < count && at + 4 <= directory.data.size(); ++k, at += 4) {
        places_.emplace(number + k, little32(directory.data, at));
        if (places_.size() > kObjectsMax) return exhausted("presentation: more objects than ", kObjectsMax);
      }
    }
    const std::uint32_t before = little32(record.data, 8);
    if (before == 0 || before >= edit) return {};
    edit = before;
  }
  return {};
}

void PowerPointReader::read_list(const SlideRecord& list, std::vector<ListedSlide>& out) {
  each_record(list.data, [&](const SlideRecord& record) {
    if (record.type == kSlidePersist) {
      out.push_back({little32(record.data, 0), little32(record.data, 12), {}});
    } else if (!out.empty()) {
      take_text_record(record, out.back().texts);
    }
    return out.size() <= static_cast<std::size_t>(limits_.pages);
  });
}

Status PowerPointReader::read_document() {
  MP_ASSIGN(const SlideRecord document, object(document_));
  if (document.type != kDocument) return corrupt("presentation: its first object is of type ", document.type);
  each_record(document.data, [&](const SlideRecord& record) {
    if (record.type == kSlideList && record.instance == 0) read_list(record, slides_);
    if (record.type == kSlideList && record.instance == 2) read_list(record, notes_);
    return true;
  });
  if (slides_.size() > static_cast<std::size_t>(limits_.pages)) {
    return exhausted("more slides than the limit of ", limits_.pages);
  }
  return {};
}

/// Whether the shape of a group says that it is a table.
bool says_table(const SlideRecord& shape) {
  bool table = false;
  each_record(shape.data, [&](const SlideRecord& record) {
    if (record.type != kProperties && record.type != kMoreProperties) return true;
    for (std::size_t i = 0; i < record.instance && i * 6 + 6 <= record.data.size(); ++i) {
      const unsigned id = little16(record.data, i * 6) & 0x3FFF;
      table = table || (id == kTableProperty && (little32(record.data, i * 6 + 2) & 1) != 0);
    }
    return true;
  });
  return table;
}

Shape PowerPointReader::read_shape(const SlideRecord& shape, const ListedSlide* listed) const {
  Shape out;
  const auto number = [](std::string_view data, std::size_t index, bool small) {
    return small ? static_cast<std::int16_t>(little16(data, index * 2))
                 : static_cast<std::int32_t>(little32(data, index * 4));
  };
  each_record(shape.data, [&](const SlideRecord& record) {
    if (record.type == kClientAnchor) {
      const bool small = record.data.size() < 16;
      out.top = number(record.data, 0, small), out.left = number(record.data, 1, small);
      out.right = number(record.data, 2, small), out.bottom = number(record.data, 3, small);
    } else if (record.type == kChildAnchor) {
      out.left = number(record.data, 0, false), out.top = number(record.data, 1, false);
      out.right = number(record.data, 2, false), out.bottom = number(record.data, 3, false);
    } else if (record.type == kClientData) {
      each_record(record.data, [&](const SlideRecord& inner) {
        if (inner.type == kPlaceholder && inner.data.size() > 4) {
          out.placeholder = static_cast<unsigned char>(inner.data[4]);
        }
        return true;
      });
    } else if (record.type == kTextBox) {
      each_record(record.data, [&](const SlideRecord& inner) {
        take_text_record(inner, out.texts);
        const std::uint32_t index = little32(inner.data, 0);
        if (inner.type == kOutlineReference && listed != nullptr && index < listed->texts.size()) {
          out.texts.push_back(listed->texts[index]);
        }
        return true;
      });
    }
    return true;
  });
  return out;
}

void PowerPointReader::read_shapes(const SlideRecord& group, const ListedSlide* listed, std::vector<Shape>& out,
                                   int depth) {
  if (depth > kDepthMax) return;
  bool first = true;
  bool table = false;
  Shape whole;
  std::vector<Shape> inside;
  each_record(group.data, [&](const SlideRecord& record) {
    if (record.type == kShape) {
      Shape shape = read_shape(record, listed);
      if (std::exchange(first, false)) {  // stands for the group
        table = says_table(record);
        whole = std::move(shape);
      } else if (!shape.texts.empty()) {
        inside.push_back(std::move(shape));
      }
    } else if (record.type == kGroup) {
      read_shapes(record, listed, inside, depth + 1);
    }
    return true;
  });
  if (table) {
    whole.cells = std::move(inside);
    out.push_back(std::move(whole));
    return;
  }
  // The places of what lies in a group are the group's own: it stands where the group does.
  for (Shape& shape : inside) {
    if (depth > 0) shape.left = whole.left, shape.top = whole.top;
    out.push_back(std::move(shape));
  }
}

std::vector<Shape> PowerPointReader::shapes_of(const SlideRecord& slide, const ListedSlide* listed) {
  std::vector<Shape> shapes;
  each_record(slide.data, [&](const SlideRecord& record) {
    if (record.type != kDrawing) return true;
    each_record(record.data, [&](const SlideRecord& drawing) {
      if (drawing.type != kShapesOfDrawing) return true;
      each_record(drawing.data, [&](const SlideRecord& inner) {
        if (inner.type == kGroup) read_shapes(inner, listed, shapes, 0);
        return true;
      });
      return true;
    });
    return true;
  });
  return shapes;
}

std::string one_line(const SlideText& text) {
  std::string out;
  for (const SlideParagraph& paragraph : text.paragraphs()) out.append(out.empty() ? "" : "\n").append(paragraph.text);
  return out;
}

/// As people read: rows of shapes from top to bottom, each from the left.
void sort_into_rows(std::vector<Shape>& shapes) {
  constexpr std::int32_t kSameRow = 126;  // a fifth of an inch, in 576ths of one
  std::stable_sort(shapes.begin(), shapes.end(), [](const Shape& a, const Shape& b) { return a.top < b.top; });
  for (auto first = shapes.begin(); first != shapes.end();) {
    const std::int64_t end = std::int64_t{first->top} + kSameRow;
    const auto last = std::find_if(first, shapes.end(), [&](const Shape& shape) { return shape.top >= end; });
    std::stable_sort(first, last, [](const Shape& a, const Shape& b) { return a.left < b.left; });
    first = last;
  }
}

void PowerPointReader::write_shape(const Shape& shape) {
  if (!shape.cells.empty()) return write_table(shape);
  for (const SlideText& text : shape.texts) {
    if (text.is_title() || text.kind == kNotesText) continue;
    for (const SlideParagraph& paragraph : text.paragraphs()) {
      if (paragraph.bullet || (text.is_list() && !paragraph.plain))
        out_.item(paragraph.level + 1, paragraph.text);
      else
        out_.add_lines(ElementKind::kParagraph, paragraph.text);
    }
  }
}

// Cells are shapes: the edges that they share make the grid.
void PowerPointReader::write_table(const Shape& table) {
  std::vector<std::int32_t> lefts, tops;
  for (const Shape& cell : table.cells) lefts.push_back(cell.left), tops.push_back(cell.top);
  for (auto* edges : {&lefts, &tops}) {
    std::sort(edges->begin(), edges->end());
    edges->erase(std::unique(edges->begin(), edges->end()), edges->end());
  }
  const auto index = [](const std::vector<std::int32_t>& edges, std::int32_t place) {
    return static_cast<int>(std::lower_bound(edges.begin(), edges.end(), place) - edges.begin());
  };
  TableGrid grid;
  grid.rows = static_cast<int>(tops.size());
  grid.columns = static_cast<int>(lefts.size());
  std::set<std::pair<int, int>> taken;
  for (const Shape& cell : table.cells) {
    std::string text;
    for (const SlideText& each : cell.texts) text.append(text.empty() ? "" : "\n").append(one_line(each));
    const int row = index(tops, cell.top), column = index(lefts, cell.left);
    if (!taken.emplace(row, column).second) continue;
    const int rows = std::max(1, index(tops, cell.bottom) - row);
    const int columns = std::max(1, index(lefts, cell.right) - column);
    grid.cells.push_back({clean(text), row, column, rows, columns, row == 0 && grid.rows > 1});
  }
  std::sort(grid.cells.begin(), grid.cells.end(), [](const TableCell& a, const TableCell& b) {
    return a.row != b.row ? a.row < b.row : a.column < b.column;
  });
  out_.table(std::move(grid));
}

void PowerPointReader::write_notes(std::uint32_t id) {
  const auto listed =
      std::find_if(notes_.begin(), notes_.end(), [&](const ListedSlide& each) { return each.id == id; });
  if (id == 0 || listed == notes_.end()) return;
  const Result<SlideRecord> notes = object(listed->object);
  if (!notes.ok() || notes->type != kNotes) return;
  for (const Shape& shape : shapes_of(*notes, &*listed)) {
    for (const SlideText& text : shape.texts) {
      if (text.kind == kNotesText) out_.add(ElementKind::kFootnote, one_line(text));
    }
  }
}

Status PowerPointReader::write_slides() {
  std::set<std::uint32_t> seen;
  int page = 0;
  for (const ListedSlide& listed : slides_) {
    if (!seen.insert(listed.object).second) continue;
    const Result<SlideRecord> slide = object(listed.object);
    if (!slide.ok() || slide->type != kSlide) continue;  // one broken slide does not lose the others
    out_.set_page(++page);
    std::vector<Shape> shapes = shapes_of(*slide, &listed);
    std::erase_if(shapes, [](const Shape& shape) { return shape.placeholder >= 7 && shape.placeholder <= 10; });
    sort_into_rows(shapes);
    for (const Shape& shape : shapes) {
      for (const SlideText& text : shape.texts) {
        if (text.is_title()) out_.title(1, one_line(text));
      }
    }
    for (const Shape& shape : shapes) write_shape(shape);
    std::uint32_t notes = 0;
    each_record(slide->data, [&](const SlideRecord& record) {
      if (record.type == kSlideAtom) notes = little32(record.data, 16);
      return true;
    });
    write_notes(notes);
    MP_TRY(out_.status());
  }
  if (page == 0 && !slides_.empty()) return corrupt("presentation: none of its slides can be read: ", slides_.size());
  return {};
}

}  // namespace

Result<Document> parse_powerpoint_binary(std::string_view bytes, const Limits& limits) {
  MP_TRY(check_input(bytes, limits));
  MP_ASSIGN(const CompoundFile file, CompoundFile::open(bytes));
  const std::uint32_t stream = file.find(CompoundFile::kRoot, "PowerPoint Document");
  if (stream == CompoundFile::kNone) {
    if (file.find(CompoundFile::kRoot, "EncryptedPackage") != CompoundFile::kNone) {
      return unsupported("an encrypted document of Office").hint("Remove its password and save it again.");
    }
    return invalid("no presentation of PowerPoint: it has no stream PowerPoint Document");
  }
  const std::uint32_t user = file.find(CompoundFile::kRoot, "Current User");
  if (user == CompoundFile::kNone) return corrupt("presentation without the stream Current User");
  MP_ASSIGN(const std::string current, file.read(user));
  constexpr std::uint32_t kPlain = 0xE391C05F, kEncrypted = 0xF3D1C4DF;
  const std::uint32_t token = little32(current, 12);
  if (token == kEncrypted) {
    return unsupported("an encrypted presentation").hint("Remove its password and save it again.");
  }
  if (token != kPlain) return invalid("no presentation of PowerPoint 97 to 2003: ", token);
  MP_ASSIGN(std::string records, file.read(stream));
  PowerPointReader reader(std::move(records), limits);
  MP_TRY(reader.read_places(little32(current, 16)));
  MP_TRY(reader.read_document());
  MP_TRY(reader.write_slides());
  read_summary_properties(file, reader.out());
  return reader.out().finish();
}

}  // namespace millpond::extract
