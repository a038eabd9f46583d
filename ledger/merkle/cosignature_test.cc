#include "ledger/merkle/cosignature.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "ledger/crypto/ml_dsa.h"
#include "ledger/merkle/text.h"
#include "ledger/merkle/tree_hash.h"

namespace sworn::merkle {
namespace {

using Type = VerifierKey::Type;

// The example of c2sp.org/tlog-cosignature. The specification gives neither key, so its signatures cannot be verified,
// only read.
constexpr const char* kCheckpoint =
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
constexpr const char* kLogLine =
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
constexpr const char* kWitnessLine =
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
constexpr uint64_t kTime = 1'679'315'147;
// The message that the specification shows for it.
constexpr const char* kMessage =
    "cosignature/v1\n"
    "time 1679315147\n"
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

// That message signed by the key of RFC 8032, section 7.1, test 1, in the name of the example's witness; computed with
// another implementation.
constexpr const char* kWitnessKey = "witness.example.com/w1+7e6f4aaa+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
constexpr const char* kSignedLine =
    "— witness.example.com/w1 "
    "fm9KqgAAAABkGFDL+TPmh4BYuAjsYRoqMJCWb/gWJaeRF/kmm5tlCr9sJ57DLErur7K0yDXc2ArN+TIuotuB/HbuL3AJsp3bv/aNCQ==\n";

struct Witness {
  explicit Witness(const std::string& name)
      : key(crypto::PrivateKey::Generate(v1::Signature::ED25519).value()),
        verifier(VerifierKey::Make(name, Type::kEd25519Cosignature, key.public_key().Ed25519Bytes().value()).value()) {}
  crypto::PrivateKey key;
  VerifierKey verifier;
};

std::string ExampleNote() { return absl::StrCat(kCheckpoint, "\n", kLogLine); }

NoteSignature SignatureOf(const std::string& line) {
  return ParseNote(absl::StrCat(kCheckpoint, "\n", line)).value().signatures.at(0);
}

VerifierKey MlDsaKey(const std::string& name) {
  return VerifierKey::Make(name, Type::kMlDsa44Cosignature, std::string(crypto::kMlDsa44PublicKeyBytes, 'k')).value();
}

TEST(Cosignature, TheSpecificationsExampleIsRead) {
  const auto note = ParseNote(absl::StrCat(kCheckpoint, "\n", kLogLine, kWitnessLine));
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->text, kCheckpoint);
  ASSERT_EQ(note->signatures.size(), 2U);
  const NoteSignature& cosignature = note->signatures[1];
  EXPECT_EQ(cosignature.name, "witness.example.com/w1");
  EXPECT_EQ(cosignature.key_hash, 0x8d66cf3fU);
  ASSERT_EQ(cosignature.signature.size(), 8U + 64U);
  EXPECT_EQ(crypto::ToHex(cosignature.signature.substr(0, 8)), "00000000641850cb");  // 1679315147
  EXPECT_EQ(absl::StrCat(kCheckpoint, "\n", FormatSignatureLine(note->signatures[0]), FormatSignatureLine(cosignature)),
            absl::StrCat(kCheckpoint, "\n", kLogLine, kWitnessLine));
}

TEST(Cosignature, MessageIsThatOfTheSpecification) { EXPECT_EQ(CosignatureMessage(kCheckpoint, kTime), kMessage); }

TEST(Cosignature, OneMadeElsewhereVerifies) {
  const VerifierKey witness = VerifierKey::ParseAnyType(kWitnessKey).value();
  const auto cosignature = VerifyCosignature(kCheckpoint, SignatureOf(kSignedLine), witness);
  ASSERT_TRUE(cosignature.ok()) << cosignature.status();
  EXPECT_EQ(cosignature->name, "witness.example.com/w1");
  EXPECT_EQ(cosignature->timestamp, kTime);
}

TEST(Cosignature, IsAddedAsALine) {
  const Witness witness("witness.example.com/w1");
  const auto note = AddCosignature(ExampleNote(), witness.verifier, witness.key, kTime);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_TRUE(absl::StartsWith(*note, ExampleNote()));
  const Note parsed = ParseNote(*note).value();
  ASSERT_EQ(parsed.signatures.size(), 2U);
  EXPECT_EQ(VerifyCosignature(parsed.text, parsed.signatures[1], witness.verifier)->timestamp, kTime);
  // What is signed is the message of the specification.
  EXPECT_TRUE(witness.key.public_key().Verify(kMessage, parsed.signatures[1].signature.substr(8)).ok());
}

TEST(Cosignature, CoversExtensionLines) {
  const Witness witness("w");
  const std::string extended = absl::StrCat(kCheckpoint, "extension\n\n", kLogLine);
  const Note note = ParseNote(AddCosignature(extended, witness.verifier, witness.key, kTime).value()).value();
  EXPECT_TRUE(VerifyCosignature(note.text, note.signatures[1], witness.verifier).ok());
  EXPECT_FALSE(VerifyCosignature(kCheckpoint, note.signatures[1], witness.verifier).ok());
}

TEST(Cosignature, WhatIsWrongIsRefused) {
  const Witness witness("w");
  const Note note = ParseNote(AddCosignature(ExampleNote(), witness.verifier, witness.key, kTime).value()).value();
  const NoteSignature good = note.signatures[1];
  const std::string text = note.text;
  const auto with_blob = [&](const std::string& blob) { return NoteSignature{good.name, good.key_hash, blob}; };
  const auto with_time = [&](const std::string& hex) {
    return with_blob(crypto::FromHex(hex).value() + good.signature.substr(8));
  };
  const VerifierKey note_key = VerifierKey::Make("w", witness.key.public_key()).value();

  struct Case {
    std::string what;
    std::string text;
    NoteSignature signature;
    VerifierKey key;
  };
  const std::vector<Case> bad = {
      {"another time", text, with_time("00000000641850cc"), witness.verifier},
      {"time zero", text, with_time("0000000000000000"), witness.verifier},
      {"time past 2^63 - 1", text, with_time("8000000000000000"), witness.verifier},
      {"latest time", text, with_time("ffffffffffffffff"), witness.verifier},
      {"another size", absl::StrReplaceAll(text, {{"20852163", "20852164"}}), good, witness.verifier},
      {"another origin", absl::StrReplaceAll(text, {{"sofa", "sofas"}}), good, witness.verifier},
      {"no checkpoint", "text\n", good, witness.verifier},
      {"another key of that name", text, good, Witness("w").verifier},
      {"the same key under another name", text, good,
       VerifierKey::Make("v", Type::kEd25519Cosignature, witness.verifier.raw_key()).value()},
      {"the same key for notes", text, good, note_key},
      {"a line with the hash of the key for notes", text, {good.name, note_key.key_hash(), good.signature}, note_key},
      {"no signature", text, with_blob(good.signature.substr(0, 8)), witness.verifier},
      {"no time", text, with_blob(good.signature.substr(8)), witness.verifier},
      {"empty", text, with_blob(""), witness.verifier},
      {"cut within the time", text, with_blob(good.signature.substr(0, 7)), witness.verifier},
      {"cut by a byte", text, with_blob(good.signature.substr(0, 71)), witness.verifier},
      {"longer by a byte", text, with_blob(good.signature + "x"), witness.verifier},
      {"a note signature", text, with_blob(witness.key.Sign(text).value()), witness.verifier},
  };
  ASSERT_TRUE(VerifyCosignature(text, good, witness.verifier).ok());
  for (const Case& one : bad) {
    EXPECT_EQ(VerifyCosignature(one.text, one.signature, one.key).status().code(), absl::StatusCode::kInvalidArgument)
        << one.what;
  }
}

TEST(Cosignature, EvenARightSignatureForATimePast63BitsIsRefused) {
  const Witness witness("w");
  const uint64_t time = kMaxCosignatureTimestamp + 1;
  const std::string signature = witness.key.Sign(CosignatureMessage(kCheckpoint, time)).value();
  const NoteSignature line{"w", witness.verifier.key_hash(), std::string("\x80\0\0\0\0\0\0\0", 8) + signature};
  EXPECT_TRUE(
      absl::StrContains(VerifyCosignature(kCheckpoint, line, witness.verifier).status().message(), "past 2^63 - 1"));
  EXPECT_TRUE(AddCosignature(ExampleNote(), witness.verifier, witness.key, kMaxCosignatureTimestamp).ok());
}

TEST(AddCosignature, RefusesWhatAWitnessMustNotSign) {
  const Witness witness("w");
  std::string full = ExampleNote();
  for (size_t count = 1; count < kMaxNoteSignatures; ++count) full += kLogLine;
  struct Case {
    std::string what;
    std::string note;
    VerifierKey key;
    uint64_t time;
    absl::StatusCode code;
  };
  const auto invalid = absl::StatusCode::kInvalidArgument;
  const std::vector<Case> bad = {
      {"no note", kCheckpoint, witness.verifier, kTime, invalid},
      {"no checkpoint", absl::StrCat("text\n\n", kLogLine), witness.verifier, kTime, invalid},
      {"time past 2^63 - 1", ExampleNote(), witness.verifier, kMaxCosignatureTimestamp + 1, invalid},
      {"too many signatures", full, witness.verifier, kTime, invalid},
      {"another's key", ExampleNote(), Witness("w").verifier, kTime, invalid},
      {"a key for notes", ExampleNote(), VerifierKey::Make("w", witness.key.public_key()).value(), kTime, invalid},
      {"a key for ML-DSA-44", ExampleNote(), MlDsaKey("w"), kTime, absl::StatusCode::kUnimplemented},
  };
  for (const Case& one : bad) {
    EXPECT_EQ(AddCosignature(one.note, one.key, witness.key, one.time).status().code(), one.code) << one.what;
  }
}

TEST(SubtreeCosignature, MessageIsTheStructureOfTheSpecification) {
  const auto message = SubtreeCosignatureMessage("witness.example.com/w1", ParseCheckpoint(kCheckpoint).value(), kTime);
  ASSERT_TRUE(message.ok()) << message.status();
  // Each field of cosigned_message, written out by hand.
  EXPECT_EQ(crypto::ToHex(*message),
            "737562747265652f76310a00"  // label "subtree/v1\n\0"
            "16"
            "7769746e6573732e6578616d706c652e636f6d2f7731"  // cosigner_name, 22 bytes
            "00000000641850cb"                              // timestamp 1679315147
            "1b"
            "6578616d706c652e636f6d2f626568696e642d7468652d736f6661"              // log_origin, 27 bytes
            "0000000000000000"                                                    // start
            "00000000013e2dc3"                                                    // end 20852163
            "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62");  // hash
}

TEST(SubtreeCosignature, NamesHaveOneTo255Bytes) {
  const Checkpoint checkpoint{"origin", UINT64_MAX, EmptyRoot()};
  const std::string longest(255, 'n');
  const std::string message = SubtreeCosignatureMessage(longest, {longest, 1, Hash{}}, 0).value();
  EXPECT_EQ(message.size(), 12U + 256 + 8 + 256 + 8 + 8 + 32);
  EXPECT_EQ(message[12], '\xff');
  for (const std::string& name : {std::string(), std::string(256, 'n')}) {
    EXPECT_EQ(SubtreeCosignatureMessage(name, checkpoint, 0).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(SubtreeCosignatureMessage("w", {name, 1, Hash{}}, 0).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(SubtreeCosignature, IsCheckedWhereOpenSslCan) {
  const VerifierKey witness = MlDsaKey("w");
  const std::string blob = std::string(7, '\0') + "\x01" + std::string(crypto::kMlDsa44SignatureBytes, 's');
  const NoteSignature line{"w", witness.key_hash(), blob};
  EXPECT_EQ(VerifyCosignature(kCheckpoint, line, witness).status().code(),
            crypto::HasMlDsa44() ? absl::StatusCode::kInvalidArgument : absl::StatusCode::kUnimplemented);
  // What is no cosignature is refused either way.
  const std::string late = "\x80" + blob.substr(1);
  for (const std::string& bad : {std::string(), blob.substr(0, 8), blob.substr(1), blob + "x", late}) {
    EXPECT_EQ(VerifyCosignature(kCheckpoint, {"w", witness.key_hash(), bad}, witness).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

RC_GTEST_PROP(Cosignature, HoldsForItsTimeAndFailsOnAnyChange, ()) {
  const Witness witness("w");
  const auto time = *rc::gen::inRange<uint64_t>(0, kMaxCosignatureTimestamp);
  const Note note = ParseNote(AddCosignature(ExampleNote(), witness.verifier, witness.key, time).value()).value();
  NoteSignature line = note.signatures.at(1);
  RC_ASSERT(VerifyCosignature(note.text, line, witness.verifier)->timestamp == time);
  const auto bit = *rc::gen::inRange<size_t>(0, line.signature.size() * 8);
  line.signature[bit / 8] = static_cast<char>(static_cast<unsigned char>(line.signature[bit / 8]) ^ (1U << bit % 8));
  RC_ASSERT(!VerifyCosignature(note.text, line, witness.verifier).ok());
}

}  // namespace
}  // namespace sworn::merkle
