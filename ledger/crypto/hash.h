// SHA-256 and the hex form of hashes and ids.
//
// Thread-safety: free functions are safe to call from any thread; Sha256Hasher belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sworn::crypto {

// A SHA-256 digest: 32 bytes.
using Hash = std::array<uint8_t, 32>;

Hash Sha256(std::string_view data);

// SHA-256 over data that arrives in pieces.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(const Sha256Hasher&) = delete;
  Sha256Hasher& operator=(const Sha256Hasher&) = delete;
  Sha256Hasher(Sha256Hasher&&) noexcept;
  Sha256Hasher& operator=(Sha256Hasher&&) noexcept;

  Sha256Hasher& Update(std::string_view data);
  // Ends the computation; the hasher starts anew afterwards.
  Hash Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The 32 bytes of a hash as a view; valid while `hash` lives.
std::string_view AsBytes(const Hash& hash);

// InvalidArgument unless `bytes` holds exactly 32 bytes.
absl::StatusOr<Hash> HashFromBytes(std::string_view bytes);

// The same for a repeated field of them.
template <typename Fields>
absl::StatusOr<std::vector<Hash>> HashesFromBytes(const Fields& fields) {
  std::vector<Hash> hashes;
  for (const auto& bytes : fields) {
    const absl::StatusOr<Hash> hash = HashFromBytes(bytes);
    if (!hash.ok()) return hash.status();
    hashes.push_back(*hash);
  }
  return hashes;
}

// Lower-case hex.
std::string ToHex(std::string_view bytes);
std::string ToHex(const Hash& hash);

// InvalidArgument unless `hex` is an even number of hex digits, of either case.
absl::StatusOr<std::string> FromHex(std::string_view hex);

}  // namespace sworn::crypto
