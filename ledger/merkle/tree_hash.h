// RFC 6962 hashes, and the slow, obvious root over leaves that tests compare with.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string_view>

#include "absl/types/span.h"
#include "ledger/crypto/hash.h"

namespace sworn::merkle {

using crypto::Hash;

// SHA-256("").
Hash EmptyRoot();
// SHA-256(0x00 || data).
Hash LeafHash(std::string_view data);
// SHA-256(0x01 || left || right).
Hash NodeHash(const Hash& left, const Hash& right);
// MTH of RFC 6962, section 2.1, over leaf hashes. O(n).
Hash RootOfLeaves(absl::Span<const Hash> leaf_hashes);

}  // namespace sworn::merkle
