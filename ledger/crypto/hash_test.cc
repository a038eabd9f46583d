#include "ledger/crypto/hash.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "ledger/crypto/random.h"
#include "ledger/crypto/secret.h"

namespace sworn::crypto {
namespace {

// NIST's examples for FIPS 180, and the empty message.
struct Vector {
  std::string message;
  std::string digest;
};

std::vector<Vector> Vectors() {
  return {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
}

TEST(Sha256, MatchesTheStandard) {
  for (const Vector& vector : Vectors()) EXPECT_EQ(ToHex(Sha256(vector.message)), vector.digest);
}

TEST(Sha256, PiecesHashLikeTheWhole) {
  Sha256Hasher hasher;
  for (const Vector& vector : Vectors()) {
    const size_t middle = vector.message.size() / 3;
    hasher.Update(std::string_view(vector.message).substr(0, middle)).Update("");
    hasher.Update(std::string_view(vector.message).substr(middle));
    EXPECT_EQ(ToHex(hasher.Finish()), vector.digest);
  }
}

TEST(Sha256, ThreadsDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  std::vector<size_t> wrong(4, 0);
  for (size_t& count : wrong) {
    threads.emplace_back([&count] {
      for (int round = 0; round < 2'000; ++round) {
        if (ToHex(Sha256("abc")) != Vectors()[1].digest) ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<size_t>(4, 0));
}

TEST(Hex, ReadsBothCasesAndWritesLower) {
  EXPECT_EQ(*FromHex("00aBfF"), std::string("\x00\xab\xff", 3));
  EXPECT_EQ(ToHex(std::string_view("\x00\xab\xff", 3)), "00abff");
  EXPECT_EQ(*FromHex(""), "");
}

TEST(Hex, RefusesWhatIsNotHex) {
  for (const char* text : {"a", "abc", "0x", "zz", " a", "a ", "+1", "a\xc3"}) {
    EXPECT_EQ(FromHex(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(FromHex(std::string_view("a\0", 2)).ok());
}

TEST(HashFromBytes, TakesThirtyTwoBytesOnly) {
  const std::string bytes = RandomBytes(32);
  ASSERT_TRUE(HashFromBytes(bytes).ok());
  EXPECT_EQ(AsBytes(*HashFromBytes(bytes)), bytes);
  for (const size_t size : {0, 31, 33, 64}) EXPECT_FALSE(HashFromBytes(std::string(size, 'x')).ok()) << size;
}

TEST(RandomBytes, AreOfTheRightSizeAndDiffer) {
  for (const size_t size : {0, 1, 16, 3'000'000}) EXPECT_EQ(RandomBytes(size).size(), size);
  EXPECT_NE(RandomBytes(16), RandomBytes(16));
}

TEST(Secret, CleansesWhatItWasTakenFrom) {
  // Short strings live inside the object, long ones elsewhere.
  for (const size_t size : {8, 200}) {
    std::string text(size, 's');
    const char* const memory = text.data();
    const Secret secret(std::move(text));
    EXPECT_EQ(secret.view(), std::string(size, 's'));
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.InnerPointer): the memory must not have been freed or moved
    EXPECT_EQ(std::string(memory, size), std::string(size, '\0')) << "the text is still there";
  }
}

TEST(Secret, Moves) {
  Secret first(std::string("correct horse"));
  Secret second(std::move(first));
  EXPECT_EQ(second.view(), "correct horse");
  Secret third;
  EXPECT_TRUE(third.empty());
  third = std::move(second);
  EXPECT_EQ(third.view(), "correct horse");
}

}  // namespace
}  // namespace sworn::crypto
