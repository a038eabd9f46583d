#include "ledger/log/entries_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "ledger/journal/test_directory.h"
#include "ledger/log/gzip.h"
#include "ledger/model/refusal.h"

namespace sworn::log {
namespace {

using testing::HasSubstr;

constexpr const char* kOrigin = "example.org/ledger";

v1::RecordedEntry EntryAt(uint64_t position) {
  v1::RecordedEntry entry;
  entry.set_position(position);
  entry.set_entry("entry " + std::to_string(position));
  v1::CarriedPortion& portion = *entry.add_portions();
  portion.set_salt(std::string(model::kSaltBytes, 's'));
  portion.set_content("content");
  entry.add_portions()->set_id(std::string(32, 'i'));
  return entry;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteAll(const std::string& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

void WriteEntries(const std::string& path, uint64_t size) {
  absl::StatusOr<EntriesFileWriter> writer = EntriesFileWriter::Create(path, kOrigin, size);
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (uint64_t position = 0; position < size; ++position) ASSERT_TRUE(writer->Write(EntryAt(position)).ok());
  ASSERT_FALSE(std::filesystem::exists(path)) << "it is not there before it is whole";
  const absl::Status finished = writer->Finish();
  ASSERT_TRUE(finished.ok()) << finished;
}

// The first thing wrong with a file; OK where all of it can be read.
absl::Status ReadThrough(const std::string& path) {
  absl::StatusOr<EntriesFileReader> reader = EntriesFileReader::Open(path);
  if (!reader.ok()) return reader.status();
  while (true) {
    const absl::StatusOr<std::optional<v1::RecordedEntry>> entry = reader->Next();
    if (!entry.ok()) return entry.status();
    if (!entry->has_value()) return absl::OkStatus();
  }
}

// A record as it stands in the file; shorter than 128 bytes.
std::string Record(const std::string& bytes) { return std::string(1, static_cast<char>(bytes.size())) + bytes; }

std::string FileOf(const std::string& size, const std::string& records) {
  return std::string("sworn-entries/v1\n") + kOrigin + "\n" + size + "\n" + records;
}

class EntriesFileTest : public testing::TestWithParam<const char*> {
 protected:
  journal::TestDirectory directory_;
};

TEST_P(EntriesFileTest, WhatIsWrittenIsRead) {
  const std::string path = directory_.path() + "/" + GetParam();
  WriteEntries(path, 1'000);
  absl::StatusOr<EntriesFileReader> reader = EntriesFileReader::Open(path);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(reader->origin(), kOrigin);
  EXPECT_EQ(reader->size(), 1'000U);
  for (uint64_t position = 0; position < 500; ++position) {
    const absl::StatusOr<std::optional<v1::RecordedEntry>> entry = reader->Next();
    ASSERT_TRUE(entry.ok()) << entry.status();
    ASSERT_TRUE(entry->has_value());
    EXPECT_EQ((*entry)->SerializeAsString(), EntryAt(position).SerializeAsString());
  }
  ASSERT_TRUE(reader->Skip(499).ok());
  EXPECT_EQ(reader->position(), 999U);
  EXPECT_EQ((*reader->Next())->entry(), "entry 999");
  EXPECT_FALSE(reader->Next()->has_value());
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_P(EntriesFileTest, AnEmptyLogHasAFileToo) {
  const std::string path = directory_.path() + "/" + GetParam();
  WriteEntries(path, 0);
  EXPECT_TRUE(ReadThrough(path).ok());
}

TEST_P(EntriesFileTest, AFileThatEndsAnywhereElseIsRefused) {
  const std::string path = directory_.path() + "/" + GetParam();
  WriteEntries(path, 3);
  const std::string whole = ReadAll(path);
  for (size_t length = 0; length < whole.size(); ++length) {
    WriteAll(path, whole.substr(0, length));
    EXPECT_EQ(model::ReasonOf(ReadThrough(path)), v1::Refusal::MALFORMED) << length;
  }
  WriteAll(path, whole + "x");
  EXPECT_EQ(model::ReasonOf(ReadThrough(path)), v1::Refusal::MALFORMED);
  WriteAll(path, whole + whole);
  EXPECT_EQ(model::ReasonOf(ReadThrough(path)), v1::Refusal::MALFORMED);
}

INSTANTIATE_TEST_SUITE_P(PlainAndCompressed, EntriesFileTest, testing::Values("entries", "entries.gz"));

TEST(EntriesFileOfStrangersTest, WhatIsNoSuchFileIsRefused) {
  struct Case {
    std::string name;
    std::string content;
    v1::Refusal::Reason reason;
    std::string says;
  };
  const std::string first = Record(EntryAt(0).SerializeAsString());
  const std::string second = Record(EntryAt(1).SerializeAsString());
  v1::RecordedEntry strange = EntryAt(0);
  strange.clear_portions();
  const std::string unknown_field = strange.SerializeAsString() + "\x78\x01";
  strange.add_portions()->set_id("short");
  v1::RecordedEntry both = EntryAt(0);
  both.mutable_portions(0)->set_id(std::string(32, 'i'));
  v1::RecordedEntry empty;
  const std::vector<Case> cases = {
      {"another first line", "sworn-entries/v2\nx\n0\n", v1::Refusal::MALFORMED, "first line"},
      {"no origin", "sworn-entries/v1\n\n0\n", v1::Refusal::MALFORMED, "origin"},
      {"a header without end", "sworn-entries/v1\n" + std::string(100'000, 'x'), v1::Refusal::MALFORMED, "header line"},
      {"no size", FileOf("", ""), v1::Refusal::MALFORMED, "number of entries"},
      {"a size with a zero in front", FileOf("01", first), v1::Refusal::MALFORMED, "number of entries"},
      {"a size beyond every log", FileOf("18446744073709551615", first), v1::Refusal::MALFORMED, "number of entries"},
      {"one entry too few", FileOf("2", first), v1::Refusal::MALFORMED, "ends early, in entry 1"},
      {"one entry too many", FileOf("1", first + second), v1::Refusal::MALFORMED, "behind its last entry"},
      {"entries swapped", FileOf("2", second + first), v1::Refusal::MALFORMED, "missing or swapped"},
      {"an entry that does not parse", FileOf("1", Record("\xff\xff")), v1::Refusal::MALFORMED, "does not parse"},
      {"an empty entry", FileOf("1", Record("")), v1::Refusal::TOO_LARGE, "1 to 65535"},
      {"a field of no entry", FileOf("1", Record(unknown_field)), v1::Refusal::MALFORMED, "fields"},
      {"a short id", FileOf("1", Record(strange.SerializeAsString())), v1::Refusal::MALFORMED, "portion 0"},
      {"content and bare id", FileOf("1", "\x5b" + both.SerializeAsString()), v1::Refusal::MALFORMED, ""},
      {"a length of 256 MiB", FileOf("1", "\x80\x80\x80\x80\x01"), v1::Refusal::TOO_LARGE, "length"},
      {"a length just too large", FileOf("1", "\x81\x80\x90\x08"), v1::Refusal::TOO_LARGE, "length"},
      {"a length written long", FileOf("1", "\x81\x80" + std::string(1, '\0')), v1::Refusal::TOO_LARGE, "length"},
      {"a length without end", FileOf("1", std::string(20, '\xff')), v1::Refusal::TOO_LARGE, "length"},
      {"gzip of something else", *Gzip("hello"), v1::Refusal::MALFORMED, "first line"},
      {"a bomb of empty entries", *Gzip(FileOf("1000000", std::string(50'000'000, '\0'))), v1::Refusal::TOO_LARGE, ""},
      {"a bomb behind the end", *Gzip(FileOf("0", std::string(50'000'000, '\0'))), v1::Refusal::MALFORMED, "behind"},
  };
  const journal::TestDirectory directory;
  const std::string path = directory.path() + "/entries";
  for (const Case& c : cases) {
    WriteAll(path, c.content);
    const absl::Status status = ReadThrough(path);
    EXPECT_EQ(model::ReasonOf(status), c.reason) << c.name << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.says)) << c.name;
  }
}

TEST(EntriesFileOfStrangersTest, DamagedCompressionIsFound) {
  const journal::TestDirectory directory;
  const std::string path = directory.path() + "/entries.gz";
  WriteEntries(path, 30);
  const std::string whole = ReadAll(path);
  size_t unnoticed = 0;
  // Behind the ten bytes of the header, part of which nobody checks.
  for (size_t place = 10; place < whole.size(); ++place) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x10);
    WriteAll(path, damaged);
    if (ReadThrough(path).ok()) ++unnoticed;
  }
  EXPECT_LE(unnoticed, 1U) << "only the bits that fill up the last byte mean nothing";
}

TEST(EntriesFileWriterTest, WritesOnlyWhatItStated) {
  const journal::TestDirectory directory;
  const std::string path = directory.path() + "/entries";
  {
    absl::StatusOr<EntriesFileWriter> writer = EntriesFileWriter::Create(path, kOrigin, 2);
    ASSERT_TRUE(writer.ok());
    EXPECT_TRUE(absl::IsInvalidArgument(writer->Write(EntryAt(1))));
    ASSERT_TRUE(writer->Write(EntryAt(0)).ok());
    EXPECT_TRUE(absl::IsInvalidArgument(writer->Finish()));
    ASSERT_TRUE(writer->Write(EntryAt(1)).ok());
    EXPECT_TRUE(absl::IsInvalidArgument(writer->Write(EntryAt(2))));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path())) << "what was not finished is gone";
  EXPECT_TRUE(absl::IsInvalidArgument(EntriesFileWriter::Create(path, "no\norigin", 0).status()));
  EXPECT_FALSE(EntriesFileWriter::Create(directory.path() + "/missing/entries", kOrigin, 0).ok());
  EXPECT_TRUE(absl::IsNotFound(EntriesFileReader::Open(path).status()));
}

}  // namespace
}  // namespace sworn::log
