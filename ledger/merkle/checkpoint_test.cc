#include "ledger/merkle/checkpoint.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/merkle/tree_hash.h"

namespace sworn::merkle {
namespace {

// The example of c2sp.org/tlog-checkpoint.
constexpr const char* kExample =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
constexpr const char* kRootLine = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

TEST(Checkpoint, ReadsAndWritesTheExample) {
  const auto checkpoint = ParseCheckpoint(kExample);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint->size, 20'852'163U);
  EXPECT_EQ(crypto::ToHex(checkpoint->root), "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62");
  EXPECT_EQ(FormatCheckpoint(*checkpoint), kExample);
}

// The whole note of the example. The specification does not give the log's key, so that its signature can be read, but
// not verified.
TEST(Checkpoint, ReadsTheSignedExample) {
  const std::string line =
      "— example.com/behind-the-sofa "
      "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
  const auto note = ParseNote(absl::StrCat(kExample, "\n", line));
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(ParseCheckpoint(note->text)->origin, note->signatures.at(0).name);
  EXPECT_EQ(note->signatures.at(0).key_hash, 0x033de0aeU);
  EXPECT_EQ(note->signatures.at(0).signature.size(), 64U);
  EXPECT_EQ(FormatSignatureLine(note->signatures.at(0)), line);
}

TEST(Checkpoint, ReadsEveryPermittedForm) {
  EXPECT_EQ(ParseCheckpoint(absl::StrCat("a log\n0\n", kRootLine))->size, 0U);
  EXPECT_EQ(ParseCheckpoint(absl::StrCat("o\n18446744073709551615\n", kRootLine))->size, UINT64_MAX);
  EXPECT_TRUE(ParseCheckpoint(absl::StrCat(kExample, "extension\nand another\n")).ok());
}

TEST(Checkpoint, RefusesWhatIsNone) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"empty", ""},
      {"origin only", "origin\n"},
      {"empty origin", absl::StrCat("\n1\n", kRootLine)},
      {"no root", "origin\n1\n"},
      {"no size", absl::StrCat("origin\n", kRootLine)},
      {"empty size", absl::StrCat("origin\n\n", kRootLine)},
      {"leading zero", absl::StrCat("origin\n01\n", kRootLine)},
      {"two zeroes", absl::StrCat("origin\n00\n", kRootLine)},
      {"plus", absl::StrCat("origin\n+1\n", kRootLine)},
      {"minus", absl::StrCat("origin\n-1\n", kRootLine)},
      {"space", absl::StrCat("origin\n 1\n", kRootLine)},
      {"hex", absl::StrCat("origin\n0x1\n", kRootLine)},
      {"too large", absl::StrCat("origin\n18446744073709551616\n", kRootLine)},
      {"root too short", "origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n"},
      {"root too long", "origin\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2Jh\n"},
      {"root not base64", "origin\n1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n"},
      {"no final newline", std::string(kExample).substr(0, std::string(kExample).size() - 1)},
      {"empty extension", absl::StrCat(kExample, "\n")},
      {"extension without newline", absl::StrCat(kExample, "extension")},
  };
  for (const auto& [what, text] : bad) {
    EXPECT_EQ(ParseCheckpoint(text).status().code(), absl::StatusCode::kInvalidArgument) << what;
  }
}

class SignedCheckpoint : public testing::Test {
 protected:
  const crypto::PrivateKey key_ = crypto::PrivateKey::Generate(v1::Signature::ED25519).value();
  const VerifierKey verifier_ = VerifierKey::Make("sworn.example/ledger", key_.public_key()).value();
  const Checkpoint checkpoint_{"sworn.example/ledger", 12, LeafHash("root")};
};

TEST_F(SignedCheckpoint, Opens) {
  const std::string note = SignCheckpoint(checkpoint_, verifier_, key_).value();
  EXPECT_TRUE(note.starts_with(FormatCheckpoint(checkpoint_) + "\n— sworn.example/ledger "));
  const auto opened = OpenCheckpoint(note, verifier_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->size, 12U);
  EXPECT_EQ(opened->root, checkpoint_.root);
}

TEST_F(SignedCheckpoint, IsBoundToTheOrigin) {
  const Checkpoint foreign{"sworn.example/other", 12, LeafHash("root")};
  EXPECT_FALSE(SignCheckpoint(foreign, verifier_, key_).ok());
  // As a log would that signs in another's name.
  const std::string note = SignNote(FormatCheckpoint(foreign), verifier_, key_).value();
  EXPECT_EQ(OpenCheckpoint(note, verifier_).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SignedCheckpoint, NeedsTheKeyAndACheckpoint) {
  const crypto::PrivateKey other = crypto::PrivateKey::Generate(v1::Signature::ED25519).value();
  const VerifierKey other_verifier = VerifierKey::Make("sworn.example/ledger", other.public_key()).value();
  EXPECT_FALSE(OpenCheckpoint(SignCheckpoint(checkpoint_, verifier_, key_).value(), other_verifier).ok());
  EXPECT_FALSE(OpenCheckpoint(SignNote("sworn.example/ledger\n12\n", verifier_, key_).value(), verifier_).ok());
  EXPECT_FALSE(OpenCheckpoint("", verifier_).ok());
}

}  // namespace
}  // namespace sworn::merkle
