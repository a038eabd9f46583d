#include "ledger/merkle/proof_file.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ledger/merkle/checkpoint.h"
#include "ledger/merkle/tree_hash.h"

namespace sworn::merkle {
namespace {

// The example of c2sp.org/tlog-proof, with its signatures as they stand there: "[...]" is for what was left out, so
// that the note in it cannot be read, and the log's leaf and keys are not given.
constexpr const char* kExample =
    "c2sp.org/tlog-proof@v1\n"
    "extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ\n"
    "index 73894\n"
    "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"
    "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"
    "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\n"
    "RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\n"
    "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n"
    "\n"
    "example.com/fancylog\n"
    "109482\n"
    "sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n"
    "\n"
    "— example.com/fancylog hI2DJw[...]1roloI=\n"
    "— witness1.example mJirIklj[...]qY9v2B/5bg==\n"
    "— witness2.example TnKKVHLX[...]xwYwrSjgow==\n"
    "— witness3.example S4X82uH5[...]3oEcROGLFQ==\n";

constexpr const char* kFirstLine = "c2sp.org/tlog-proof@v1\n";
constexpr const char* kHashLine = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n";

TEST(ProofFile, ReadsAndWritesTheExample) {
  const auto proof = ParseProofFile(kExample);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_EQ(proof->extra, "age-v1.2.1-darwin-arm64.tar.gz\x91\x85\xc9\xdd\xa5\xb8\xb5\x85\xc9");
  EXPECT_EQ(proof->index, 73'894U);
  ASSERT_EQ(proof->inclusion_path.size(), 5U);
  EXPECT_EQ(crypto::ToHex(proof->inclusion_path[0]),
            "8122b25e861952067a8ddb9662b9033804629ce30626f7978e032405371d3e54");
  EXPECT_TRUE(absl::StartsWith(proof->checkpoint, "example.com/fancylog\n109482\n"));
  EXPECT_EQ(FormatProofFile(*proof), kExample);
  const auto checkpoint = ParseCheckpoint(proof->checkpoint.substr(0, proof->checkpoint.find("\n\n") + 1));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->size, 109'482U);
}

TEST(ProofFile, ExtraAndPathMayBeAbsent) {
  const std::string text = absl::StrCat(kFirstLine, "index 0\n\ncheckpoint\n");
  const auto proof = ParseProofFile(text);
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_TRUE(proof->extra.empty());
  EXPECT_TRUE(proof->inclusion_path.empty());
  EXPECT_EQ(proof->checkpoint, "checkpoint\n");
  EXPECT_EQ(FormatProofFile(*proof), text);
}

struct BadFile {
  std::string what;
  std::string text;
  std::string message;  // part of it
};

TEST(ProofFile, SaysWhichLineIsWrong) {
  std::string long_path = absl::StrCat(kFirstLine, "index 1\n");
  for (int count = 0; count < 65; ++count) long_path += kHashLine;
  const std::vector<BadFile> bad = {
      {"empty", "", "line 1"},
      {"other version", "c2sp.org/tlog-proof@v2\nindex 1\n\ncheckpoint\n", "line 1"},
      {"carriage returns", "c2sp.org/tlog-proof@v1\r\nindex 1\r\n\r\ncheckpoint\r\n", "line 1"},
      {"first line only", kFirstLine, "line 2"},
      {"no index", absl::StrCat(kFirstLine, "extra YQ==\n\ncheckpoint\n"), "line 3"},
      {"empty extra", absl::StrCat(kFirstLine, "extra \nindex 1\n\ncheckpoint\n"), "line 2"},
      {"extra not base64", absl::StrCat(kFirstLine, "extra YQ=\nindex 1\n\ncheckpoint\n"), "line 2"},
      {"extra after index", absl::StrCat(kFirstLine, "index 1\nextra YQ==\n\ncheckpoint\n"), "line 3"},
      {"index not a number", absl::StrCat(kFirstLine, "index one\n\ncheckpoint\n"), "line 2"},
      {"index with leading zero", absl::StrCat(kFirstLine, "index 01\n\ncheckpoint\n"), "line 2"},
      {"negative index", absl::StrCat(kFirstLine, "index -1\n\ncheckpoint\n"), "line 2"},
      {"index too large", absl::StrCat(kFirstLine, "index 18446744073709551616\n\ncheckpoint\n"), "line 2"},
      {"index without space", absl::StrCat(kFirstLine, "index\n\ncheckpoint\n"), "line 2"},
      {"hash too short", absl::StrCat(kFirstLine, "index 1\n", kHashLine, "YQ==\n\ncheckpoint\n"), "line 4"},
      {"hash not base64", absl::StrCat(kFirstLine, "index 1\n*\n\ncheckpoint\n"), "line 3"},
      {"path too long", absl::StrCat(long_path, "\ncheckpoint\n"), "line 67"},
      {"no empty line", absl::StrCat(kFirstLine, "index 1\n", kHashLine), "line 4"},
      {"cut within a line", absl::StrCat(kFirstLine, "index 1\n", "gSKyXoYZ"), "line 3"},
      {"no checkpoint", absl::StrCat(kFirstLine, "index 1\n\n"), "line 4"},
      {"too long", absl::StrCat(kExample, std::string(kMaxProofFileBytes, 'x')), "15 MiB"},
  };
  for (const BadFile& file : bad) {
    const auto proof = ParseProofFile(file.text);
    EXPECT_EQ(proof.status().code(), absl::StatusCode::kInvalidArgument) << file.what;
    EXPECT_TRUE(absl::StrContains(proof.status().message(), file.message)) << file.what << ": " << proof.status();
  }
}

RC_GTEST_PROP(ProofFile, RoundTrips, (const std::string& extra, uint64_t index, const std::vector<uint8_t>& leaves)) {
  ProofFile proof{extra, index, {}, "checkpoint\n\n\n"};
  for (size_t count = 0; count < leaves.size() % 64; ++count) {
    proof.inclusion_path.push_back(LeafHash(std::string(1, static_cast<char>(leaves[count]))));
  }
  const auto again = ParseProofFile(FormatProofFile(proof));
  RC_ASSERT(again.ok());
  RC_ASSERT(again->extra == proof.extra);
  RC_ASSERT(again->index == proof.index);
  RC_ASSERT(again->inclusion_path == proof.inclusion_path);
  RC_ASSERT(again->checkpoint == proof.checkpoint);
}

RC_GTEST_PROP(ProofFile, NeverFailsOnNoise, (const std::string& noise)) {
  RC_ASSERT(!ParseProofFile(noise).ok());
  RC_ASSERT(!ParseProofFile(absl::StrCat(kFirstLine, "index ", noise)).ok() || !noise.empty());
}

}  // namespace
}  // namespace sworn::merkle
