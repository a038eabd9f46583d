// Inclusion of several leaves of one RFC 6962 tree at once: each node that their paths share is given once.
//
// Whoever makes such a proof and whoever checks it walk the tree in the same way (RootOver): the one writes down the
// nodes it asks for, the other reads them in that order.
//
// Thread-safety: free functions are safe to call from any thread; a HashReader belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/merkle/tree.h"

namespace sworn::proof {

// The leaves from `begin` to before `end`: a tree, or a subtree of RFC 6962, section 2.1.
struct LeafRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool operator==(const LeafRange&) const = default;
  bool operator<(const LeafRange& other) const { return begin != other.begin ? begin < other.begin : end < other.end; }
};

struct Leaf {
  uint64_t index = 0;
  merkle::Hash hash{};
};

using SubtreeRoots = std::map<LeafRange, merkle::Hash>;
using SubtreeReader = std::function<absl::StatusOr<merkle::Hash>(LeafRange)>;

// The root of `range`, computed from `leaves`: at least one, all within the range, in order, each once. The roots of
// the largest subtrees that hold none of them are taken from `known`, or else asked of `read` from left to right. Every
// root that was used or computed is put into `known`.
absl::StatusOr<merkle::Hash> RootOver(LeafRange range, absl::Span<const Leaf> leaves, const SubtreeReader& read,
                                      SubtreeRoots& known);

// The subtrees whose roots are the inclusion path of leaf `index` in a tree of `size` leaves, leaf's sibling first.
// Empty unless index < size.
std::vector<LeafRange> SiblingsOf(uint64_t index, uint64_t size);

// The root of a subtree, from the nodes that a log keeps.
absl::StatusOr<merkle::Hash> SubtreeRoot(LeafRange range, const merkle::NodeReader& read_node);

// Hands out hashes that stand one behind the other.
class HashReader {
 public:
  // `bytes` must outlive the reader.
  explicit HashReader(std::string_view bytes) : left_(bytes) {}

  // InvalidArgument where there is none left.
  absl::StatusOr<merkle::Hash> Take();
  bool AtEnd() const { return left_.empty(); }

 private:
  std::string_view left_;
};

}  // namespace sworn::proof
