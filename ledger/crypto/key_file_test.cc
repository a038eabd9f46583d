#include "ledger/crypto/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/crypto/random.h"

namespace sworn::crypto {
namespace {

Secret SecretOf(std::string text) { return Secret(std::move(text)); }

class KeyFile : public testing::Test {
 public:
  KeyFile() { std::filesystem::create_directory(directory_); }
  ~KeyFile() override { std::filesystem::remove_all(directory_); }
  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;
  KeyFile(KeyFile&&) = delete;
  KeyFile& operator=(KeyFile&&) = delete;

 protected:
  std::string Path(const std::string& name) const { return absl::StrCat(directory_, "/", name); }
  std::string Write(const std::string& name, const std::string& text, mode_t mode) const {
    std::string path = Path(name);
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  static mode_t ModeOf(const std::string& path) {
    struct stat about {};
    EXPECT_EQ(::stat(path.c_str(), &about), 0);
    return about.st_mode & 07777U;
  }

  const std::string directory_ = absl::StrCat(testing::TempDir(), "key_file_", ToHex(RandomBytes(8)));
  const PrivateKey key_ = PrivateKey::Generate(v1::Signature::ED25519).value();
};

TEST_F(KeyFile, WritesAndReads) {
  for (const std::string passphrase : {"", "open sesame"}) {
    const std::string path = Path("key" + passphrase);
    ASSERT_TRUE(WriteKeyFile(key_, path, SecretOf(passphrase)).ok());
    EXPECT_EQ(ModeOf(path), 0600U);
    EXPECT_EQ(*KeyFileIsEncrypted(path), !passphrase.empty());
    const auto read = ReadKeyFile(path, SecretOf(passphrase));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->public_key().key_id(), key_.public_key().key_id());
    EXPECT_EQ(ReadPublicKeyFile(path + ".pub")->key_id(), key_.public_key().key_id());
  }
  EXPECT_FALSE(ReadKeyFile(Path("keyopen sesame"), SecretOf("open barley")).ok());
}

TEST_F(KeyFile, OverwritesNothing) {
  ASSERT_TRUE(WriteKeyFile(key_, Path("key"), Secret()).ok());
  const PrivateKey other = PrivateKey::Generate(v1::Signature::ED25519).value();
  EXPECT_EQ(WriteKeyFile(other, Path("key"), Secret()).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReadKeyFile(Path("key"), Secret())->public_key().key_id(), key_.public_key().key_id());

  Write("lone.pub", "something", 0644);
  EXPECT_EQ(WriteKeyFile(other, Path("lone"), Secret()).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(std::filesystem::exists(Path("lone"))) << "half of a pair was left behind";

  std::filesystem::create_symlink(Path("elsewhere"), Path("link"));
  EXPECT_EQ(WriteKeyFile(other, Path("link"), Secret()).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(std::filesystem::exists(Path("elsewhere")));
}

TEST_F(KeyFile, RefusesWhatOthersCanRead) {
  ASSERT_TRUE(WriteKeyFile(key_, Path("key"), Secret()).ok());
  for (const mode_t mode : {0640U, 0604U, 0610U, 0602U, 0777U}) {
    ::chmod(Path("key").c_str(), mode);
    EXPECT_EQ(ReadKeyFile(Path("key"), Secret()).status().code(), absl::StatusCode::kPermissionDenied) << mode;
    EXPECT_EQ(KeyFileIsEncrypted(Path("key")).status().code(), absl::StatusCode::kPermissionDenied) << mode;
  }
  ::chmod(Path("key").c_str(), 0400);
  EXPECT_TRUE(ReadKeyFile(Path("key"), Secret()).ok());
}

TEST_F(KeyFile, RefusesWhatIsNoKeyFile) {
  EXPECT_EQ(ReadKeyFile(Path("nothing"), Secret()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadPublicKeyFile(Path("nothing")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadPublicKeyFile(directory_).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(WriteKeyFile(key_, Path("no/such/directory"), Secret()).ok());

  const std::string pipe = Path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(ReadKeyFile(pipe, Secret()).status().code(), absl::StatusCode::kInvalidArgument);

  const std::string large = Write("large", std::string(65'537, 'x'), 0600);
  EXPECT_EQ(ReadKeyFile(large, Secret()).status().code(), absl::StatusCode::kInvalidArgument);
  for (const std::string text : {"", "hello", "-----BEGIN OPENSSH PRIVATE KEY-----\n"}) {
    const std::string path = Write("bad", text, 0600);
    EXPECT_EQ(ReadKeyFile(path, Secret()).status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(KeyFileIsEncrypted(path).status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(ReadPublicKeyFile(path).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace sworn::crypto
