// A directed graph between a start and an end whose nodes each carry at most one way: how many ways from start to end
// share no node, and which nodes lie on all of them.
//
// Thread-safety: a UnitGraph that is no longer changed may be read from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sworn::views {

class UnitGraph {
 public:
  explicit UnitGraph(size_t node_count) : node_count_(node_count) {}

  void AddEdge(uint32_t from, uint32_t to) { edges_.emplace_back(from, to); }
  // The start leads to `node`.
  void AddStart(uint32_t node) { starts_.push_back(node); }
  // `node` leads to the end.
  void AddEnd(uint32_t node) { ends_.push_back(node); }

  // The largest number of ways from start to end that share no node.
  uint32_t MaxFlow() const;

  // The nodes that lie on every way, in the order in which every way passes them. None where there is no way.
  std::vector<uint32_t> Hinges() const;

 private:
  size_t node_count_;
  std::vector<std::pair<uint32_t, uint32_t>> edges_;
  std::vector<uint32_t> starts_;
  std::vector<uint32_t> ends_;
};

}  // namespace sworn::views
