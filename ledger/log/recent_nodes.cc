#include "ledger/log/recent_nodes.h"

namespace sworn::log {

void RecentNodes::Add(absl::Span<const merkle::Node> completed) {
  for (const merkle::Node& node : completed) {
    if (levels_.size() <= node.id.level) {
      levels_.resize(node.id.level + size_t{1});
    }
    Level& level = levels_[node.id.level];
    if (node.id.index != level.first_index + level.hashes.size()) {
      level.hashes.clear();
      level.first_index = node.id.index;
    }
    level.hashes.push_back(node.hash);
    if (level.hashes.size() > max_per_level_) {
      level.hashes.pop_front();
      ++level.first_index;
    }
  }
}

std::optional<merkle::Hash> RecentNodes::Find(merkle::NodeId id) const {
  if (id.level >= levels_.size()) {
    return std::nullopt;
  }
  const Level& level = levels_[id.level];
  if (id.index < level.first_index || id.index - level.first_index >= level.hashes.size()) {
    return std::nullopt;
  }
  return level.hashes[id.index - level.first_index];
}

}  // namespace sworn::log
