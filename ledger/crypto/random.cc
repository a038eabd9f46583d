#include "ledger/crypto/random.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>

namespace sworn::crypto {

std::string RandomBytes(size_t size) {
  constexpr size_t kMaxChunkBytes = size_t{1} << 20U;  // RAND_bytes takes an int
  std::string bytes(size, '\0');
  for (size_t done = 0; done < size;) {
    const size_t chunk = std::min(size - done, kMaxChunkBytes);
    // Going on without randomness would make guessable salts and keys.
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data() + done), static_cast<int>(chunk)) != 1) std::abort();
    done += chunk;
  }
  return bytes;
}

}  // namespace sworn::crypto
