// Files inside files: archives, compressed files, e-mails, mailboxes.
#include <zlib.h>

#include "millpond/extract/container.h"
#include "text_show.h"
#include "zip_maker.h"

namespace millpond::extract {
namespace {

/// "name: elements", a part after the other.
std::string parts_of(const Document& document) {
  std::string out;
  for (const Part& part : document.parts) out += part.name + " (" + part.media_type + ")\n" + show(part.document);
  return out;
}

std::string tar_member(const std::string& name, const std::string& content, char type = '0') {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  char size[16];
  std::snprintf(size, sizeof size, "%011o", static_cast<unsigned>(content.size()));
  header.replace(124, 11, size);
  header[156] = type;
  header.replace(257, 5, "ustar");
  std::string padded = content;
  padded.resize((content.size() + 511) / 512 * 512, '\0');
  return header + padded;
}

std::string gzipped(const std::string& text) {
  std::string out(text.size() + 1000, '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Archive, MembersArePartsAndTheRestIsNamed) {
  const Document document = document_of(parse_zip, zipped({{"a/letter.md", "# Hello\n\nText.\n"},
                                                           {"b.csv", "name,share\noak,3\n"},
                                                           {"__MACOSX/x", "x"},
                                                           {"picture.png", "\x89PNG\r\n\x1A\n..."}}));
  EXPECT_EQ(show(document), "item1 a/letter.md\nitem1 b.csv\nitem1 picture.png (not read: a picture, image/png)\n");
  EXPECT_EQ(parts_of(document),
            "a/letter.md (text/markdown)\ntitle1 Hello\npara Text.\nb.csv (text/csv)\ntable name⇥share⏎oak⇥3\n");
  EXPECT_EQ(document.metadata.at("parts"), "2");
  EXPECT_EQ(document.metadata.at("parts_not_read"), "1");
}

TEST(Archive, ArchivesInArchivesStandBesideEachOther) {
  const std::string inner = zipped({{"deep.txt", "Deep words."}});
  const Document document = document_of(parse_zip, zipped({{"inner.zip", inner}}));
  ASSERT_EQ(document.parts.size(), 2u);
  EXPECT_EQ(document.parts[1].name, "inner.zip/deep.txt");
  EXPECT_EQ(show(document.parts[1].document), "para Deep words.\n");
  std::string nested = inner;
  for (int i = 0; i < 10; ++i) nested = zipped({{"n.zip", nested}});
  const Document deep = document_of(parse_zip, nested);
  EXPECT_LE(deep.parts.size(), 4u);
  EXPECT_NE(show(deep.parts.back().document).find("nested too deep"), std::string::npos);
}

TEST(Archive, TarWithLongNamesAndCompressed) {
  const std::string tar = tar_member("././@LongLink", "folder/with/a/long/name.txt", 'L') +
                          tar_member("short", "Words in a tar.") + tar_member("dir/", "", '5') +
                          std::string(1024, '\0');
  const std::string expected = "folder/with/a/long/name.txt (text/plain)\npara Words in a tar.\n";
  EXPECT_EQ(parts_of(document_of(parse_tar, tar)), expected);
  EXPECT_EQ(parts_of(document_of(parse_gzip, gzipped(tar))), expected);
  EXPECT_EQ(parts_of(document_of(parse_gzip, gzipped("Only words."))), "content (text/plain)\npara Only words.\n");
  EXPECT_EQ(parsed(parse_tar, tar.substr(0, 1540)),
            "data_corrupt: the tar archive is broken or cut short, at byte 1024");
}

TEST(Archive, BombsAreRefused) {
  Limits limits;
  limits.expansion_ratio = 20;
  const std::string zeros(8 << 20, '0');
  EXPECT_EQ(parse_zip(zipped({{"z.txt", zeros}}), limits).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(parse_gzip(gzipped(zeros), limits).status().code(), Code::kResourceExhausted);
  Limits tight;
  tight.output_bytes = 200;
  const std::string line(90, 'x');
  const auto full = parse_zip(zipped({{"a.txt", line}, {"b.txt", line}, {"c.txt", line}}), tight);
  ASSERT_TRUE(full.ok());
  EXPECT_NE(show(*full).find("c.txt (not read: "), std::string::npos);
}

constexpr std::string_view kMail =
    "From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>\r\nTo: a@example.com\r\nSubject: =?utf-8?B?TcO8aGxl?=\r\n "
    "=?utf-8?B?IDE=?=\r\n"
    "Date: Mon, 2 Mar 2026 15:04:05 +0100\r\nMessage-ID: <3@x>\r\nIn-Reply-To: <2@x>\r\nReferences: <1@x> <2@x>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b1\"\r\n\r\npreamble\r\n"
    "--b1\r\nContent-Type: multipart/alternative; boundary=b2\r\n\r\n"
    "--b2\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "Gr=FC=DFe vom M=\r\n=FCller.\r\n"
    "--b2\r\nContent-Type: text/html\r\n\r\n<p>Other</p>\r\n--b2--\r\n"
    "--b1\r\nContent-Type: text/csv; name*=utf-8''r%C3%A4der.csv\r\nContent-Disposition: attachment\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nbmFtZSxzaGFyZQpvYWssMwo=\r\n"
    "--b1\r\nContent-Type: image/png; name=logo.png\r\nContent-Transfer-Encoding: "
    "base64\r\n\r\niVBORw0KGgo=\r\n--b1--\r\n";

TEST(Mail, TextHeadersThreadAndAttachments) {
  const Document mail = document_of(parse_mail, kMail);
  EXPECT_EQ(mail.title, "Mühle 1");
  EXPECT_EQ(show(mail),
            "title1 Mühle 1\npara Grüße vom Müller.\ntitle2 Attachments\nitem1 räder.csv\n"
            "item1 logo.png (not read: a picture, image/png)\n");
  EXPECT_EQ(parts_of(mail), "räder.csv (text/csv)\ntable name⇥share⏎oak⇥3\n");
  EXPECT_EQ(mail.metadata.at("author"), "Jürgen <j@example.com>");
  EXPECT_EQ(mail.metadata.at("created"), "2026-03-02T15:04:05+01:00");
  EXPECT_EQ(mail.metadata.at("thread"), "<1@x>");
  EXPECT_EQ(mail.metadata.at("in_reply_to"), "<2@x>");
}

TEST(Mail, HtmlAloneAndMessagesInMessages) {
  EXPECT_EQ(parsed(parse_mail, "Subject: x\nContent-Type: text/html\n\n<h2>Head</h2><p>Body</p>"),
            "title1 x\ntitle3 Head\npara Body\n");
  const Document outer =
      document_of(parse_mail,
                  "Subject: fwd\nContent-Type: multipart/mixed; boundary=q\n\n--q\n\nSee below.\n--q\n"
                  "Content-Type: message/rfc822\n\nSubject: inner\nFrom: a@b\n\nInner text.\n--q--\n");
  EXPECT_EQ(show(outer), "title1 fwd\npara See below.\ntitle2 Attachments\nitem1 attachment 1\n");
  EXPECT_EQ(parts_of(outer), "attachment 1 (message/rfc822)\ntitle1 inner\npara Inner text.\n");
}

TEST(Mail, MailboxesHoldMessages) {
  const std::string box =
      "From a@b Mon Mar  2 15:04:05 2026\nSubject: one\n\nFirst.\n>From here on.\n\n"
      "From c@d Mon Mar  2 16:04:05 2026\nSubject: two\n\nSecond.\n";
  const Document document = document_of(parse_mbox, box);
  EXPECT_EQ(show(document), "item1 1. one\nitem1 2. two\n");
  EXPECT_EQ(parts_of(document),
            "1 (message/rfc822)\ntitle1 one\npara First.⏎From here on.\n"
            "2 (message/rfc822)\ntitle1 two\npara Second.\n");
}

TEST(Mail, SurvivesEveryPrefix) {
  for (std::size_t size = 0; size <= kMail.size(); ++size) (void)parse_mail(kMail.substr(0, size), Limits());
  EXPECT_EQ(parsed(parse_mail, "no header here\n"), "invalid_argument: no e-mail: it does not begin with a header");
}

}  // namespace
}  // namespace millpond::extract
