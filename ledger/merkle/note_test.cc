#include "ledger/merkle/note.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "ledger/crypto/ml_dsa.h"
#include "ledger/merkle/text.h"

namespace sworn::merkle {
namespace {

// The example of c2sp.org/signed-note.
constexpr const char* kExampleKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr const char* kExampleNote =
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

// The example of the Go package that signed notes come from (golang.org/x/mod/sumdb/note).
constexpr const char* kGoKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr const char* kGoNote =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

// The example a note begins with in c2sp.org/signed-note. Its key is not given, so it can be read but not verified.
constexpr const char* kPoem =
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

using Type = VerifierKey::Type;

struct Signer {
  explicit Signer(const std::string& name)
      : key(crypto::PrivateKey::Generate(v1::Signature::ED25519).value()),
        verifier(VerifierKey::Make(name, key.public_key()).value()) {}
  crypto::PrivateKey key;
  VerifierKey verifier;
};

TEST(VerifierKey, ReadsAndWritesTheExamples) {
  for (const std::string text : {kExampleKey, kGoKey}) {
    const auto key = VerifierKey::Parse(text);
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(key->ToString(), text);
  }
  EXPECT_EQ(VerifierKey::Parse(kExampleKey)->key_hash(), 0x530d903aU);
  EXPECT_EQ(VerifierKey::Parse(kGoKey)->name(), "PeterNeumann");
}

TEST(VerifierKey, RefusesWhatIsNone) {
  const std::string base64 = "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"empty", ""},
      {"one part", "example.com/foo"},
      {"two parts", "example.com/foo+530d903a"},
      {"no name", "+530d903a+" + base64},
      {"other name", "example.com/fop+530d903a+" + base64},
      {"space in the name", "example.com /foo+530d903a+" + base64},
      {"other hash", "example.com/foo+530d903b+" + base64},
      {"hash in capitals", "example.com/foo+530D903A+" + base64},
      {"hash too short", "example.com/foo+530d903+" + base64},
      {"hash too long", "example.com/foo+0530d903a+" + base64},
      {"no key", "example.com/foo+530d903a+"},
      {"trailing newline", std::string(kExampleKey) + "\n"},
      {"key too short", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0="},
      {"key of another type", "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"},
      {"URL base64", absl::StrReplaceAll(kGoKey, {{"/", "_"}})},
  };
  for (const auto& [what, text] : bad) {
    EXPECT_EQ(VerifierKey::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << what;
  }
}

TEST(VerifierKey, IsMadeForGoodNamesAndEd25519Only) {
  const Signer signer("sworn.example/ledger");
  for (const std::string name : {"", "a b", "a+b", "a\nb", "a\tb", "a\u00a0b", "a\u2003b", "a\u3000", "\u0085", "a\xff",
                                 "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xe2\x80"}) {
    EXPECT_EQ(VerifierKey::Make(name, signer.key.public_key()).status().code(), absl::StatusCode::kInvalidArgument)
        << name;
  }
  for (const std::string name : {"a", "köln.example/白", "\U0001F512", "a/b:c"}) {
    const auto key = VerifierKey::Make(name, signer.key.public_key());
    ASSERT_TRUE(key.ok()) << name;
    EXPECT_EQ(VerifierKey::Parse(key->ToString())->name(), name);
  }
  const auto other = crypto::PrivateKey::Generate(v1::Signature::ECDSA_P256_SHA256).value();
  EXPECT_FALSE(VerifierKey::Make("name", other.public_key()).ok());
}

// The key of RFC 8032, section 7.1, test 1; the key ids were computed with another implementation.
TEST(VerifierKey, OneKeyHasAnIdForEachType) {
  const std::string note_key = "witness.example.com/w1+92898dc2+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
  const std::string cosignature_key = "witness.example.com/w1+7e6f4aaa+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
  const auto note = VerifierKey::ParseAnyType(note_key);
  const auto cosignature = VerifierKey::ParseAnyType(cosignature_key);
  ASSERT_TRUE(note.ok() && cosignature.ok()) << note.status() << cosignature.status();
  EXPECT_EQ(note->type(), Type::kEd25519);
  EXPECT_EQ(cosignature->type(), Type::kEd25519Cosignature);
  EXPECT_EQ(note->raw_key(), cosignature->raw_key());
  EXPECT_EQ(note->key().key_id(), cosignature->key().key_id());
  EXPECT_EQ(note->ToString(), note_key);
  EXPECT_EQ(cosignature->ToString(), cosignature_key);
}

TEST(VerifierKey, MlDsa44IsReadAndWrittenWithoutOpenSsl) {
  std::string raw;
  for (size_t at = 0; at < crypto::kMlDsa44PublicKeyBytes; ++at) raw.push_back(static_cast<char>(at % 256));
  const std::string text = absl::StrCat("witness.example.com/w1+c960e418+", EncodeBase64("\x06" + raw));
  const auto key = VerifierKey::ParseAnyType(text);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->type(), Type::kMlDsa44Cosignature);
  EXPECT_EQ(key->raw_key(), raw);
  EXPECT_EQ(key->key_hash(), 0xc960e418U);
  EXPECT_EQ(key->ToString(), text);
  EXPECT_EQ(VerifierKey::Make("witness.example.com/w1", Type::kMlDsa44Cosignature, raw)->ToString(), text);
  for (const std::string& other : {std::string(), raw + "x", raw.substr(1), raw.substr(0, 32)}) {
    EXPECT_FALSE(VerifierKey::Make("w", Type::kMlDsa44Cosignature, other).ok()) << other.size();
  }
}

// So that whoever needs the key of a log is not handed that of a witness.
TEST(VerifierKey, OfAWitnessIsNoneThatSignsNotes) {
  const Signer signer("w");
  const std::string raw = signer.verifier.raw_key();
  const VerifierKey witness = VerifierKey::Make("w", Type::kEd25519Cosignature, raw).value();
  const VerifierKey ml_dsa =
      VerifierKey::Make("w", Type::kMlDsa44Cosignature, std::string(crypto::kMlDsa44PublicKeyBytes, 'k')).value();
  for (const VerifierKey& key : {witness, ml_dsa}) {
    EXPECT_EQ(VerifierKey::Parse(key.ToString()).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_FALSE(SignNote("text\n", key, signer.key).ok());
  }
  // Not even a signature over the text itself, under the witness's key id, makes it one.
  const std::string line = FormatSignatureLine({"w", witness.key_hash(), signer.key.Sign("text\n").value()});
  EXPECT_FALSE(OpenNote(absl::StrCat("text\n\n", line), {witness, ml_dsa}).ok());
  const std::string signed_by_both = SignNote("text\n", signer.verifier, signer.key).value() + line;
  EXPECT_EQ(OpenNote(signed_by_both, {witness, signer.verifier})->signatures.size(), 1U);
}

TEST(Note, PoemIsRead) {
  const auto note = ParseNote(kPoem);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->text, "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n");
  ASSERT_EQ(note->signatures.size(), 1U);
  EXPECT_EQ(note->signatures[0].name, "quasimodo.example/salvatore");
  EXPECT_EQ(note->signatures[0].key_hash, 0x367ba04bU);
  EXPECT_EQ(note->signatures[0].signature.size(), 64U);
  EXPECT_EQ(absl::StrCat(note->text, "\n", FormatSignatureLine(note->signatures[0])), kPoem);
}

TEST(Note, ExamplesVerify) {
  const std::vector<std::pair<std::string, std::string>> examples = {{kExampleKey, kExampleNote}, {kGoKey, kGoNote}};
  for (const auto& [key, note] : examples) {
    const VerifierKey verifier = VerifierKey::Parse(key).value();
    const auto opened = OpenNote(note, {verifier});
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->text + "\n", note.substr(0, note.find("— ")));
    ASSERT_EQ(opened->signatures.size(), 1U);
    EXPECT_EQ(opened->signatures[0].name, verifier.name());
  }
}

TEST(Note, AnyChangedByteIsSeen) {
  const VerifierKey verifier = VerifierKey::Parse(kExampleKey).value();
  const std::string note = kExampleNote;
  for (size_t at = 0; at < note.size(); ++at) {
    for (const unsigned bit : {0U, 5U, 7U}) {
      std::string changed = note;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
      EXPECT_FALSE(OpenNote(changed, {verifier}).ok()) << "byte " << at;
    }
    EXPECT_FALSE(OpenNote(note.substr(0, at), {verifier}).ok()) << "cut at " << at;
  }
}

TEST(Note, UnknownKeysAreIgnoredAndKnownOnesMustVerify) {
  const Signer known("known");
  const Signer second("second");
  const Signer unknown("unknown");
  const std::string text = "text\n";
  const auto line = [&](const Signer& signer, const std::string& of) {
    const std::string note = SignNote(of, signer.verifier, signer.key).value();
    return note.substr(note.find("— "));
  };
  const std::string good = absl::StrCat(text, "\n", line(unknown, "other\n"), line(known, text), line(second, text));
  const auto opened = OpenNote(good, {second.verifier, known.verifier});
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_EQ(opened->signatures.size(), 2U);
  EXPECT_EQ(opened->signatures[0].name, "known");
  EXPECT_EQ(OpenNote(good, {known.verifier})->signatures.size(), 1U);

  EXPECT_FALSE(OpenNote(good, {}).ok()) << "nobody is trusted";
  EXPECT_FALSE(OpenNote(good, {Signer("known").verifier}).ok()) << "another key of the same name";
  const std::string bad = absl::StrCat(text, "\n", line(known, text), line(second, "other\n"));
  EXPECT_FALSE(OpenNote(bad, {known.verifier, second.verifier}).ok()) << "one known key's signature is wrong";
  EXPECT_TRUE(OpenNote(bad, {known.verifier}).ok());
}

TEST(Note, SixteenSignaturesAreFineAndManyAreNot) {
  const Signer signer("name");
  const std::string note = SignNote("text\n", signer.verifier, signer.key).value();
  const std::string line = note.substr(note.find("— "));
  std::string many = note;
  for (size_t count = 1; count < kMaxNoteSignatures; ++count) many += line;
  EXPECT_TRUE(OpenNote(many, {signer.verifier}).ok());
  EXPECT_FALSE(OpenNote(many + line, {signer.verifier}).ok());
  // Post-quantum signatures by others.
  const std::string large = EncodeBase64(std::string(5'000, 's'));
  std::string sixteen = note;
  for (int count = 1; count < 16; ++count) absl::StrAppend(&sixteen, "— witness", count, " ", large, "\n");
  EXPECT_TRUE(OpenNote(sixteen, {signer.verifier}).ok());
}

TEST(Note, TextIsEverythingBeforeTheLastBlankLine) {
  const Signer signer("name");
  const std::string text = "one\n\n— not a signature\n\n\ntwo\n";
  const auto opened = OpenNote(SignNote(text, signer.verifier, signer.key).value(), {signer.verifier});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->text, text);
}

TEST(Note, RefusesWhatIsNone) {
  const std::string good = kExampleNote;
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"empty", ""},
      {"no signatures", "text\n\n"},
      {"no blank line", absl::StrReplaceAll(good, {{"\n\n", "\n"}})},
      {"no final newline", good.substr(0, good.size() - 1)},
      {"hyphen for the dash", absl::StrReplaceAll(good, {{"—", "-"}})},
      {"two spaces after the name", absl::StrReplaceAll(good, {{"foo Uw", "foo  Uw"}})},
      {"no name", absl::StrReplaceAll(good, {{"example.com/foo Uw", " Uw"}})},
      {"plus in the name", absl::StrReplaceAll(good, {{"com/foo", "com+foo"}})},
      {"no signature", "text\n\n— name \n"},
      {"key hash only", "text\n\n— name Uw2QOg==\n"},
      {"missing padding", absl::StrReplaceAll(good, {{"aQM=", "aQM"}})},
      {"stray bits in the padding", absl::StrReplaceAll(good, {{"aQM=", "aQN="}})},
      {"space in the base64", absl::StrReplaceAll(good, {{"Uw2Q", "Uw2 Q"}})},
      {"carriage return", absl::StrReplaceAll(good, {{"\n", "\r\n"}})},
      {"tab", absl::StrReplaceAll(good, {{"This is", "This\tis"}})},
      {"zero byte", std::string("te\0xt\n\n— name Uw2QOkn8\n", 24)},
      {"not UTF-8", absl::StrReplaceAll(good, {{"This", "\xff\xfe"}})},
      {"text after the signatures", good + "text\n"},
      {"too long", std::string(kMaxNoteBytes, 'x') + good},
  };
  for (const auto& [what, note] : bad) {
    EXPECT_EQ(ParseNote(note).status().code(), absl::StatusCode::kInvalidArgument) << what;
  }
}

TEST(SignNote, SignsNothingOdd) {
  const Signer signer("name");
  for (const std::string text : {"", "no newline", "tab\t\n", "\xff\n", "\x7f\x1f\n"}) {
    EXPECT_EQ(SignNote(text, signer.verifier, signer.key).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(SignNote("text\n", signer.verifier, Signer("name").key).ok()) << "another key";
}

RC_GTEST_PROP(Note, NeverFailsOnNoise, (const std::string& noise)) {
  RC_ASSERT(!OpenNote(noise, {VerifierKey::Parse(kExampleKey).value()}).ok());
  RC_ASSERT(!VerifierKey::Parse(noise).ok());
  RC_ASSERT(!OpenNote("text\n\n— " + noise, {VerifierKey::Parse(kExampleKey).value()}).ok());
}

}  // namespace
}  // namespace sworn::merkle
