#include "millpond/extract/formats.h"

#include <algorithm>

#include "millpond/extract/book.h"
#include "millpond/extract/container.h"
#include "millpond/extract/data.h"
#include "millpond/extract/excel_binary.h"
#include "millpond/extract/geo.h"
#include "millpond/extract/html.h"
#include "millpond/extract/image.h"
#include "millpond/extract/markdown.h"
#include "millpond/extract/markup.h"
#include "millpond/extract/office.h"
#include "millpond/extract/open_document.h"
#include "millpond/extract/outlook.h"
#include "millpond/extract/pdf.h"
#include "millpond/extract/powerpoint_binary.h"
#include "millpond/extract/recording.h"
#include "millpond/extract/rtf.h"
#include "millpond/extract/sound.h"
#include "millpond/extract/source_code.h"
#include "millpond/extract/subtitles.h"
#include "millpond/extract/text.h"
#include "millpond/extract/word_binary.h"
#include "millpond/extract/xml.h"

namespace millpond::extract {
namespace {

constexpr std::string_view kCode = "functions and classes, each with its comments under its name";

constexpr std::string_view kSound = "tags, duration, rate and channels, lyrics; what is said, with times";
constexpr std::string_view kFilm =
    "tags, duration, tracks, chapters, what the first track of subtitles says, or what is said, with times";

constexpr Format kFormats[] = {
    {"application/epub+zip", "EPUB", parse_epub, "chapters in reading order, headings, lists, tables, metadata"},
    {"application/geopackage+sqlite3", "GeoPackage", parse_geopackage,
     "layers with their rows, shapes as kind and bounds"},
    {"application/gzip", "gzip", parse_gzip, "a tar archive or one file, as parts"},
    {"application/json", "JSON", parse_json, "arrays of objects as tables, objects as sections"},
    {"application/mbox", "mailbox", parse_mbox, "a part a message"},
    {"application/msword", "DOC", parse_word_binary,
     "text, headings by style, tables, what fields show, footnotes, properties"},
    {"application/pdf", "PDF", parse_pdf, "text with pages and boxes, reading order, headings, outline, lists, code"},
    {"application/rtf", "RTF", parse_rtf, "headings by style, lists, tables, footnotes, properties"},
    {"application/vnd.ms-excel", "XLS", parse_excel_binary,
     "sheets as tables, merged cells, dates, values of formulas, comments"},
    {"application/vnd.ms-outlook", "Outlook message", parse_outlook,
     "text, people, date, thread; attachments as parts"},
    {"application/vnd.ms-powerpoint", "PPT", parse_powerpoint_binary, "slides, lists, tables, notes, properties"},
    {"application/vnd.oasis.opendocument.presentation", "ODP", parse_odp, "slides, lists, tables, notes"},
    {"application/vnd.oasis.opendocument.spreadsheet", "ODS", parse_ods, "sheets as tables, merged cells, dates"},
    {"application/vnd.oasis.opendocument.text", "ODT", parse_odt, "headings, lists, tables, notes, properties"},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", "PPTX", parse_pptx,
     "slides, lists, tables, values of charts, comments, notes"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX", parse_xlsx,
     "sheets as tables, merged cells, dates, values of charts, comments"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "DOCX", parse_docx,
     "text, headings by style, numbered lists, tables, formulas, values of charts, footnotes, properties"},
    {"application/vnd.sqlite3", "ROS 2 bag", parse_recording,
     "topics with the number, size and time of their messages"},
    {"application/x-mcap", "MCAP", parse_recording, "topics with the number, size and time of their messages"},
    {"application/x-ndjson", "JSON Lines", parse_json, "records of the same keys as one table"},
    {"application/x-rosbag", "ROS bag", parse_recording, "topics with the number, size and time of their messages"},
    {"application/x-subrip", "SubRip", parse_subtitles, "what is said, in paragraphs with their time"},
    {"application/x-tar", "tar", parse_tar, "members as parts"},
    {"application/xml", "XML", parse_xml, "JATS, DocBook, TEI, RSS and Atom; others by their shape"},
    {"application/zip", "ZIP", parse_zip, "members as parts, archives in archives"},
    {"application/zstd", "Zstandard", parse_zstd, "a tar archive or one file, as parts"},
    {"audio/aac", "AAC", parse_media, kSound},
    {"audio/ac3", "AC-3", parse_media, kSound},
    {"audio/aiff", "AIFF", parse_media, kSound},
    {"audio/amr", "AMR", parse_media, kSound},
    {"audio/basic", "AU", parse_media, kSound},
    {"audio/flac", "FLAC", parse_flac, kSound},
    {"audio/mp4", "M4A", parse_mp4, kFilm},
    {"audio/mpeg", "MP3", parse_mp3, kSound},
    {"audio/ogg", "Ogg", parse_ogg, kSound},
    {"audio/wav", "WAV", parse_wav, kSound},
    {"audio/x-caf", "CAF", parse_media, kSound},
    {"audio/x-wavpack", "WavPack", parse_media, kSound},
    {"image/jpeg", "JPEG", parse_image, "its text by OCR, as on a scanned page"},
    {"image/png", "PNG", parse_image, "its text by OCR, as on a scanned page"},
    {"image/tiff", "TIFF, GeoTIFF", parse_tiff,
     "its text by OCR, a page each; of a GeoTIFF where it lies and what it holds"},
    {"image/webp", "WebP", parse_image, "its text by OCR, as on a scanned page"},
    {"message/rfc822", "e-mail", parse_mail, "text, people, date, thread; attachments as parts"},
    {"text/asciidoc", "AsciiDoc", parse_asciidoc, "headings, lists, tables, listings, figures"},
    {"text/csv", "CSV", parse_csv, "one table; separator and header found out"},
    {"text/html", "HTML", parse_html, "main content, headings, lists, tables, metadata"},
    {"text/markdown", "Markdown", parse_markdown, "headings, lists, tables, code, front matter"},
    {"text/plain", "text", parse_text, "paragraphs, underlined titles, lists, indented code; any encoding"},
    {"text/tab-separated-values", "TSV", parse_tsv, "one table"},
    {"text/vtt", "WebVTT", parse_subtitles, "what is said, in paragraphs with their time and speaker"},
    {"text/x-c", "C, C++", parse_brace_code, kCode},
    {"text/x-csharp", "C#", parse_brace_code, kCode},
    {"text/x-go", "Go", parse_brace_code, kCode},
    {"text/x-java", "Java", parse_brace_code, kCode},
    {"text/x-javascript", "JavaScript", parse_brace_code, kCode},
    {"text/x-julia", "Julia", parse_end_code, kCode},
    {"text/x-kotlin", "Kotlin", parse_brace_code, kCode},
    {"text/x-lua", "Lua", parse_end_code, kCode},
    {"text/x-php", "PHP", parse_brace_code, kCode},
    {"text/x-python", "Python", parse_python, kCode},
    {"text/x-rst", "reStructuredText", parse_rst, "headings, lists, tables, listings, formulas, footnotes, fields"},
    {"text/x-ruby", "Ruby", parse_end_code, kCode},
    {"text/x-rust", "Rust", parse_brace_code, kCode},
    {"text/x-scala", "Scala", parse_brace_code, kCode},
    {"text/x-swift", "Swift", parse_brace_code, kCode},
    {"text/x-tex", "LaTeX", parse_latex, "headings, lists, tables, formulas, captions, footnotes, references"},
    {"text/x-typescript", "TypeScript", parse_brace_code, kCode},
    {"video/mp2t", "MPEG transport stream", parse_media, kFilm},
    {"video/mp4", "MP4", parse_mp4, kFilm},
    {"video/mpeg", "MPEG", parse_media, kFilm},
    {"video/quicktime", "QuickTime", parse_mp4, kFilm},
    {"video/x-flv", "Flash video", parse_media, kFilm},
    {"video/x-matroska", "Matroska, WebM", parse_matroska, kFilm},
    {"video/x-ms-asf", "WMA, WMV", parse_media, kFilm},
    {"video/x-msvideo", "AVI", parse_media, kFilm},
};

}  // namespace

std::span<const Format> formats() { return kFormats; }

const Format* find_format(std::string_view media_type, std::span<const Format> among) {
  media_type = media_type.substr(0, media_type.find_first_of("; "));
  const auto found =
      std::find_if(among.begin(), among.end(), [&](const Format& format) { return format.media_type == media_type; });
  return found == among.end() ? nullptr : &*found;
}

}  // namespace millpond::extract
