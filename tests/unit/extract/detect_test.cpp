#include "millpond/extract/detect.h"

#include <gtest/gtest.h>

namespace millpond::extract {
namespace {

using namespace std::string_literals;

std::string zip_member(const std::string& name, const std::string& content = "", int method = 8) {
  std::string out = "PK\3\4\x14\0\0\0"s;
  out += static_cast<char>(method);
  out += std::string(9, '\0');
  for (int i = 0; i < 2; ++i) {
    out += static_cast<char>(content.size());
    out += std::string(3, '\0');
  }
  out += static_cast<char>(name.size());
  return out + std::string(3, '\0') + name + content;
}

struct Case {
  std::string bytes;
  const char* name;
  const char* expected;
};

TEST(Detect, NamesTypesByContent) {
  const Case cases[] = {
      {"", "a.txt", "application/x-empty"},
      {"%PDF-1.7\n...", "notes.txt", "application/pdf"},
      {"\x89PNG\r\n\x1A\n...", "a.txt", "image/png"},
      {"\x1F\x8B\x08...", "a", "application/gzip"},
      {"\0\1\2\3"s, "a.txt", "application/octet-stream"},
      {"\x7F"
       "ELF\2\1\1",
       "a", "application/x-elf"},
      {zip_member("[Content_Types].xml") + zip_member("word/document.xml"), "a.zip",
       "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {zip_member("xl/workbook.xml"), "a", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
      {zip_member("ppt/presentation.xml"), "a",
       "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
      {zip_member("mimetype", "application/epub+zip", 0), "a", "application/epub+zip"},
      {zip_member("mimetype", "application/vnd.oasis.opendocument.text", 0), "a",
       "application/vnd.oasis.opendocument.text"},
      {zip_member("readme.txt"), "a.docx", "application/zip"},
      {"<!DOCTYPE html><html><p>x", "a.txt", "text/html"},
      {"\xEF\xBB\xBF  <!-- c --><HTML lang=en>", "a", "text/html"},
      {"<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0\"><html/>", "a", "text/html"},
      {"<p>A fragment</p><ul><li>one</ul>", "a", "text/html"},
      {"<?xml version=\"1.0\"?><book><title>x</title></book>", "a", "application/xml"},
      {"<book><chapter>x</chapter></book>", "a", "application/xml"},
      {"<svg xmlns=\"x\"></svg>", "a", "image/svg+xml"},
      {"{\"a\": [1, 2.5e3, true, null, \"x\"]}", "a", "application/json"},
      {"{\"a\": 1}\n{\"a\": 2}\n", "a", "application/x-ndjson"},
      {"[a link](http://example.com) in text", "a", "text/plain"},
      {"id,name,age\n1,\"x, y\",3\n2,b,4\n3,c,5\n4,d,6\n", "a", "text/csv"},
      {"id,name\n1,x\n2,y\n", "a.csv", "text/csv"},
      {"One, two, three.\nFour, and more.\nAnd so on.\nThe end, at last.\n", "a", "text/plain"},
      {"# Title\n\nSome *text*.\n\n- one\n- two\n", "a", "text/markdown"},
      {"# Title\n\nSome text.\n\n- one\n- two\n", "a.txt", "text/plain"},
      {"Plain words.\n", "a.md", "text/markdown"},
      {"<h1 align=center>Logo</h1>\n<p>x</p>\n\n## Use\n", "README.md", "text/markdown"},
      {"Title\n=====\n\n.. note:: x\n", "a.rst", "text/x-rst"},
      {"#!/bin/sh\n# comment\n\n# another\n\necho - x\n", "run", "text/plain"},
      {"#include <a.h>\nint main() { return 0; }\n", "a.c", "text/x-c"},
      {"import os\n", "tool.py", "text/x-python"},
      {"= Title\n\nText.\n", "a.adoc", "text/asciidoc"},
      {"\\documentclass{article}\n\\begin{document}x\\end{document}\n", "a", "text/x-tex"},
      {"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n", "a", "text/vtt"},
      {"1\n00:00:01,000 --> 00:00:02,000\nHi\n", "a.txt", "application/x-subrip"},
      {"From a@b Mon Jan  1 00:00:00 2024\nFrom: a@b\nTo: c@d\nSubject: x\n\nHello\n", "a", "application/mbox"},
      {"From: a@b\nTo: c@d\nSubject: x\nDate: today\n\nHello\n", "a", "message/rfc822"},
      {"Gr\xFC\xDF"
       "e aus M\xFCnchen, in Latin-1.\n",
       "a", "text/plain"},
      {"\xFF\xFEH\0e\0l\0l\0o\0"s, "a", "text/plain"},
      {"H\0e\0l\0l\0o\0 \0w\0o\0r\0l\0d\0"s, "a", "text/plain"},
      {"\xFF\xFE<\0h\0t\0m\0l\0>\0"s, "a", "text/html"},
      {"just words", "a.pdf", "text/plain"},
  };
  for (const Case& c : cases) EXPECT_EQ(detect_media_type(c.bytes, c.name), c.expected) << c.name << ": " << c.bytes;
}

TEST(Detect, SurvivesEveryPrefix) {
  const std::string zip = zip_member("[Content_Types].xml") + zip_member("mimetype", "application/epub+zip", 0);
  const std::string text = "<?xml version='1.0'?><!-- x --><a:b/>{\"a\":[\"\\\"";
  for (const std::string& whole : {zip, text}) {
    for (std::size_t size = 0; size <= whole.size(); ++size)
      EXPECT_FALSE(detect_media_type(whole.substr(0, size), "").empty());
  }
}

}  // namespace
}  // namespace millpond::extract
