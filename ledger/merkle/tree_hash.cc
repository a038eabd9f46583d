#include "ledger/merkle/tree_hash.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

namespace sworn::merkle {

Hash EmptyRoot() { return crypto::Sha256(""); }

Hash LeafHash(std::string_view data) {
  std::string bytes(1, '\x00');
  bytes.append(data);
  return crypto::Sha256(bytes);
}

Hash NodeHash(const Hash& left, const Hash& right) {
  std::array<char, 1 + 2 * sizeof(Hash)> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
  bytes[0] = '\x01';
  std::copy(right.begin(), right.end(), std::copy(left.begin(), left.end(), bytes.begin() + 1));
  return crypto::Sha256({bytes.data(), bytes.size()});
}

Hash RootOfLeaves(absl::Span<const Hash> leaf_hashes) {
  if (leaf_hashes.empty()) return EmptyRoot();
  if (leaf_hashes.size() == 1) return leaf_hashes.front();
  const size_t split = std::bit_floor(leaf_hashes.size() - 1);
  return NodeHash(RootOfLeaves(leaf_hashes.first(split)), RootOfLeaves(leaf_hashes.subspan(split)));
}

}  // namespace sworn::merkle
