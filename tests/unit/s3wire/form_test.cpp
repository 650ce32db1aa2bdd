#include "cairn/s3wire/form.hpp"

#include <gtest/gtest.h>

namespace cairn::s3wire {
namespace {

struct Taken {
  Code code = Code::internal;  // of the error; meaningless where ok
  bool ok = false;
  FormFields fields;
  std::optional<std::string> filename;
  std::string file;
  bool fields_came_first = true;
};

// The body in pieces of `piece` bytes; every step must move on.
Taken take(std::string_view body, std::size_t piece, std::string_view boundary = "B",
           FormParser::Limits limits = {}) {
  FormParser parser(boundary, limits);
  Taken out;
  const auto bad = [&](const Error& e) {
    out.code = e.code;
    return out;
  };
  while (!body.empty()) {
    std::string_view input = body.substr(0, piece);
    while (!input.empty()) {
      const auto step = parser.next(as_bytes(input));
      if (!step) return bad(step.error());
      EXPECT_TRUE(step->consumed > 0 || !step->data.empty());
      if (!step->data.empty()) out.fields_came_first = out.fields_came_first && parser.at_file();
      out.file += as_text(step->data);
      input.remove_prefix(step->consumed);
    }
    body.remove_prefix(std::min(piece, body.size()));
  }
  if (const Status s = parser.finish(); !s) return bad(s.error());
  out.ok = true;
  out.fields = parser.fields();
  out.filename = parser.filename();
  return out;
}

std::string field(std::string_view name, std::string_view value) {
  return "--B\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" +
         std::string(value) + "\r\n";
}
std::string file(std::string_view contents, std::string_view name = "a.txt") {
  return "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + std::string(name) +
         "\"\r\nContent-Type: text/plain\r\n\r\n" + std::string(contents) + "\r\n";
}
const std::string kEnd = "--B--\r\n";

TEST(Form, IsTakenApartWhereverItIsCut) {
  // The contents hold all that looks like a boundary and is none.
  const std::string contents =
      "\r\n--\r\n--A\r\r\n--\n\r\n-B--\r\n--b\r\n\r\n\r\n--" + std::string("\0\xff", 2) + "\r\n-\r";
  const std::string body =
      field("key", "user/${filename}") + field("acl", "") + file(contents) + field("submit", "Upload") + kEnd;
  for (std::size_t piece = 1; piece <= body.size(); ++piece) {
    const Taken t = take(body, piece);
    ASSERT_TRUE(t.ok) << piece;
    EXPECT_EQ(t.file, contents) << piece;
    EXPECT_TRUE(t.fields_came_first);
    EXPECT_EQ(t.filename, "a.txt");
    ASSERT_EQ(t.fields.all().size(), 2u) << piece;  // what stands after the file is ignored
    EXPECT_EQ(t.fields.get("KEY"), "user/${filename}");
    EXPECT_EQ(t.fields.find("acl") ? *t.fields.find("acl") : "-", "");
  }
}

TEST(Form, SmallestForms) {
  for (const std::size_t piece : {1u, 1000u}) {
    Taken t = take(file("") + kEnd, piece);
    EXPECT_TRUE(t.ok);
    EXPECT_EQ(t.file, "");
    EXPECT_EQ(t.fields.all().size(), 0u);
    t = take(file("x") + "--B--", piece);  // no line end after the last boundary
    EXPECT_TRUE(t.ok);
    EXPECT_EQ(t.file, "x");
    t = take("\r\n" + file("x") + kEnd + "epilogue", piece);
    EXPECT_TRUE(t.ok);
    t = take("preamble\r\n" + file("x") + kEnd, piece);
    EXPECT_TRUE(t.ok);
    EXPECT_EQ(t.file, "x");
  }
}

TEST(Form, PartHeadsMayBeWrittenInManyWays) {
  struct Row {
    std::string head;
    std::optional<std::string> filename;
  };
  const Row rows[] = {
      {"Content-Disposition: form-data; name=\"file\"", std::nullopt},
      {"content-disposition:form-data;name=file;filename=b.txt", "b.txt"},
      {"CONTENT-DISPOSITION: Form-Data; Filename=\"b.txt\"; NAME=\"FILE\"", "b.txt"},
      {"X-Other: 1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"", ""},
      {"Content-Disposition: form-data; name=\"file\"; filename=\"C:\\Program Files\\directory1\\file.txt\"",
       "file.txt"},
      {"Content-Disposition: form-data; name=\"file\"; filename=\"a/b/c.txt\"", "c.txt"},
      {"Content-Disposition: form-data; name=\"file\"; filename=\"a;b=c\\\"d.txt\"", "a;b=c\"d.txt"},
      {"Content-Disposition: form-data; name=\"file\"; filename=\"\xE6\x97\xA5.txt\";", "\xE6\x97\xA5.txt"},
      {"Content-Disposition: form-data; name=\"file\"\r\nContent-Transfer-Encoding: Binary", std::nullopt},
  };
  for (const Row& row : rows) {
    const Taken t = take("--B \t\r\n" + row.head + "\r\n\r\ndata\r\n" + kEnd, 7);
    EXPECT_TRUE(t.ok) << row.head;
    EXPECT_EQ(t.file, "data") << row.head;
    EXPECT_EQ(t.filename, row.filename) << row.head;
  }
}

TEST(Form, BadFormsAreRefused) {
  struct Row {
    std::string body;
    Code code;
  };
  const std::string disposition = "Content-Disposition: form-data; name=\"file\"";
  constexpr Code kBad = Code::malformed_post_request;
  const Row rows[] = {
      {"", kBad},
      {"no form", kBad},
      {"--B", kBad},
      {"--B\r\n", kBad},
      {"--B\r\n" + disposition, kBad},
      {field("key", "a"), kBad},
      {file("cut"), kBad},
      {file("cut") + "--B-", kBad},
      {kEnd, Code::incorrect_number_of_files},
      {field("key", "a") + kEnd, Code::incorrect_number_of_files},
      {file("1") + file("2") + kEnd, Code::incorrect_number_of_files},
      {"--BX\r\n" + disposition + "\r\n\r\n\r\n" + kEnd, kBad},
      {"--B-X\r\n", kBad},
      {"--B\n" + disposition + "\r\n\r\n\r\n" + kEnd, kBad},
      {"--B\r\n\r\ndata\r\n" + kEnd, kBad},
      {"--B\r\nContent-Type: text/plain\r\n\r\ndata\r\n" + kEnd, kBad},
      {"--B\r\nContent-Disposition: attachment; name=\"file\"\r\n\r\n\r\n" + kEnd, kBad},
      {"--B\r\nContent-Disposition: form-data\r\n\r\n\r\n" + kEnd, kBad},
      {"--B\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n\r\n" + kEnd, kBad},
      {"--B\r\nContent-Disposition: form-data; name=\"file\r\n\r\n\r\n" + kEnd, kBad},
      {"--B\r\nContent-Disposition: form-data; name=\"file\" x\r\n\r\n\r\n" + kEnd, kBad},
      {"--B\r\nContent-Disposition: form-data; name=\"file\"; name=\"key\"\r\n\r\n\r\n" + kEnd, kBad},
      {"--B\r\n" + disposition + "\r\n" + disposition + "\r\n\r\n\r\n" + kEnd, kBad},
      {"--B\r\n" + disposition + "\r\nnonsense\r\n\r\n\r\n" + kEnd, kBad},
      {"--B\r\n" + disposition + "\r\nContent-Transfer-Encoding: base64\r\n\r\n\r\n" + kEnd, kBad},
  };
  for (const Row& row : rows)
    for (const std::size_t piece : {1u, 5u, 100'000u}) {
      const Taken t = take(row.body, piece);
      EXPECT_FALSE(t.ok) << row.body;
      EXPECT_EQ(t.code, row.code) << row.body;
    }
}

TEST(Form, WhatIsNotTheFileIsLimited) {
  const std::string frame = field("key", "");
  const std::size_t room = 20 * 1024 - frame.size() - file("").size() - kEnd.size();
  const std::string large(5u << 20, 'f'), big(20 * 1024, 'x');
  EXPECT_TRUE(take(field("key", std::string(room, 'k')) + file(large) + kEnd, 4096).ok);
  struct Row {
    std::string body;
    std::string_view what;
  };
  const Row rows[] = {
      {field("key", std::string(room + 1, 'k')) + file("x") + kEnd, "a value"},
      {"--B\r\nX: " + big, "a head"},
      {big + "\r\n" + file("x") + kEnd, "a preamble"},
      {"--B" + std::string(big.size(), ' ') + "\r\n", "a boundary line"},
      {file("x") + field("after", big) + kEnd, "a field after the file"},
      {file("x") + kEnd + big, "an epilogue"},
  };
  for (const Row& row : rows)
    for (const std::size_t piece : {64u, 1u << 20})
      EXPECT_EQ(take(row.body, piece).code, Code::post_fields_too_large) << row.what << " " << piece;
  std::string many;
  for (int i = 0; i < 99; ++i) many += field(std::to_string(i), "");
  EXPECT_TRUE(take(many + file("x") + kEnd, 4096).ok);
  EXPECT_EQ(take(many + field("100", "") + file("x") + kEnd, 4096).code, Code::malformed_post_request);
}

TEST(Form, RepeatedFieldsAreJoined) {
  const Taken t =
      take(field("x-amz-meta-tag", "Ninja") + field("X-Amz-Meta-Tag", "Stallman") + file("x") + kEnd, 9);
  ASSERT_EQ(t.fields.all().size(), 1u);
  EXPECT_EQ(t.fields.get("x-amz-meta-tag"), "Ninja,Stallman");
}

TEST(Form, BoundaryOfAContentType) {
  struct Row {
    std::string type;
    std::string boundary;  // empty: refused
    Code code = Code::malformed_post_request;
  };
  const Row rows[] = {
      {"multipart/form-data; boundary=9431149156168", "9431149156168"},
      {"Multipart/Form-Data;charset=utf-8; Boundary=\"a b'()+_,-./:=?\"", "a b'()+_,-./:=?"},
      {"multipart/form-data; boundary=" + std::string(70, 'b'), std::string(70, 'b')},
      {"multipart/form-data; boundary=" + std::string(71, 'b'), ""},
      {"multipart/form-data; boundary=\"a \"", ""},
      {"multipart/form-data; boundary=\"a\r\n\"", ""},
      {"multipart/form-data; boundary=\"\"", ""},
      {"multipart/form-data; boundary=", ""},
      {"multipart/form-data", ""},
      {"application/x-www-form-urlencoded", "", Code::precondition_failed},
      {"multipart/mixed; boundary=b", "", Code::precondition_failed},
      {"", "", Code::precondition_failed},
  };
  for (const Row& row : rows) {
    const auto b = form_boundary(row.type);
    EXPECT_EQ(b.value_or(""), row.boundary) << row.type;
    if (!b) {
      EXPECT_EQ(b.error().error.code, row.code) << row.type;
    }
  }
  const auto refused = form_boundary("text/plain");
  ASSERT_EQ(refused.error().fields.size(), 1u);
  EXPECT_EQ(refused.error().fields[0].second,
            "Bucket POST must be of the enclosure-type multipart/form-data");
}

TEST(Form, FilenamesAreExpandedInEveryField) {
  FormFields fields;
  fields.add("key", "user/${filename}/${filename}");
  fields.add("x-amz-meta-name", "${filename}");
  fields.add("acl", "${file} $filename}");
  auto out = expand_filename(fields, "a b.txt");
  ASSERT_TRUE(out);
  EXPECT_EQ(out->get("key"), "user/a b.txt/a b.txt");
  EXPECT_EQ(out->get("x-amz-meta-name"), "a b.txt");
  EXPECT_EQ(out->get("acl"), "${file} $filename}");
  out = expand_filename(fields, "${filename}");  // not again
  EXPECT_EQ(out->get("x-amz-meta-name"), "${filename}");
  out = expand_filename(fields, "");
  EXPECT_EQ(out->get("key"), "user//");
  out = expand_filename(fields, std::nullopt);
  EXPECT_EQ(out->get("key"), "user/${filename}/${filename}");

  std::string often;
  for (int i = 0; i < 1000; ++i) often += "${filename}";
  fields.add("x-amz-meta-often", often);
  EXPECT_TRUE(expand_filename(fields, std::string(60, 'f')));
  EXPECT_EQ(expand_filename(fields, std::string(70, 'f')).error().code, Code::post_fields_too_large);
}

}  // namespace
}  // namespace cairn::s3wire
