#include "ledger/views/unit_graph.h"

#include <algorithm>

namespace sworn::views {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

// Outgoing edges of each node, in one array.
class Adjacency {
 public:
  Adjacency(size_t node_count, const std::vector<std::pair<uint32_t, uint32_t>>& edges)
      : first_(node_count + 1, 0), targets_(edges.size()) {
    for (const auto& edge : edges) {
      ++first_[edge.first + 1];
    }
    for (size_t node = 0; node < node_count; ++node) {
      first_[node + 1] += first_[node];
    }
    std::vector<uint32_t> next(first_.begin(), first_.end() - 1);
    for (const auto& [from, to] : edges) {
      targets_[next[from]++] = to;
    }
  }

  uint32_t begin(uint32_t node) const { return first_[node]; }
  uint32_t end(uint32_t node) const { return first_[node + 1]; }
  uint32_t target(uint32_t edge) const { return targets_[edge]; }

 private:
  std::vector<uint32_t> first_;
  std::vector<uint32_t> targets_;
};

// Dinic's algorithm on unit capacities: node v becomes an entry 2v and an exit 2v + 1 with one edge between them.
// Edge e and its reverse are e and e ^ 1.
class FlowNetwork {
 public:
  explicit FlowNetwork(size_t node_count)
      : start_(static_cast<uint32_t>(2 * node_count)), end_(start_ + 1), outgoing_(end_ + 1) {
    for (uint32_t node = 0; node < node_count; ++node) {
      Add(Entry(node), Exit(node));
    }
  }

  static uint32_t Entry(uint32_t node) { return 2 * node; }
  static uint32_t Exit(uint32_t node) { return 2 * node + 1; }
  uint32_t start() const { return start_; }
  uint32_t end() const { return end_; }

  void Add(uint32_t from, uint32_t to) {
    outgoing_[from].push_back(static_cast<uint32_t>(targets_.size()));
    targets_.push_back(to);
    open_.push_back(true);
    outgoing_[to].push_back(static_cast<uint32_t>(targets_.size()));
    targets_.push_back(from);
    open_.push_back(false);
  }

  uint32_t MaxFlow() {
    uint32_t flow = 0;
    while (Level()) {
      next_.assign(outgoing_.size(), 0);
      while (Augment()) {
        ++flow;
      }
    }
    return flow;
  }

 private:
  // Distance of every node from the start along open edges; whether the end can be reached.
  bool Level() {
    level_.assign(outgoing_.size(), kNone);
    level_[start_] = 0;
    std::vector<uint32_t> queue = {start_};
    for (size_t i = 0; i < queue.size(); ++i) {
      for (const uint32_t edge : outgoing_[queue[i]]) {
        const uint32_t to = targets_[edge];
        if (open_[edge] && level_[to] == kNone) {
          level_[to] = level_[queue[i]] + 1;
          queue.push_back(to);
        }
      }
    }
    return level_[end_] != kNone;
  }

  // Finds one more way along rising levels, and turns its edges around.
  bool Augment() {
    std::vector<uint32_t> path;  // edges
    uint32_t node = start_;
    while (node != end_) {
      if (const uint32_t edge = NextEdge(node); edge != kNone) {
        path.push_back(edge);
        node = targets_[edge];
        continue;
      }
      if (path.empty()) {
        return false;
      }
      node = targets_[path.back() ^ 1U];
      path.pop_back();
      ++next_[node];
    }
    for (const uint32_t edge : path) {
      open_[edge] = false;
      open_[edge ^ 1U] = true;
    }
    return true;
  }

  uint32_t NextEdge(uint32_t node) {
    for (uint32_t& i = next_[node]; i < outgoing_[node].size(); ++i) {
      const uint32_t edge = outgoing_[node][i];
      if (open_[edge] && level_[targets_[edge]] == level_[node] + 1) {
        return edge;
      }
    }
    return kNone;
  }

  uint32_t start_;
  uint32_t end_;
  std::vector<std::vector<uint32_t>> outgoing_;
  std::vector<uint32_t> targets_;
  std::vector<bool> open_;
  std::vector<uint32_t> level_;
  std::vector<uint32_t> next_;
};

}  // namespace

uint32_t UnitGraph::MaxFlow() const {
  FlowNetwork network(node_count_);
  for (const auto& [from, to] : edges_) {
    network.Add(FlowNetwork::Exit(from), FlowNetwork::Entry(to));
  }
  for (const uint32_t node : starts_) {
    network.Add(network.start(), FlowNetwork::Entry(node));
  }
  for (const uint32_t node : ends_) {
    network.Add(FlowNetwork::Exit(node), network.end());
  }
  return network.MaxFlow();
}

std::vector<uint32_t> UnitGraph::Hinges() const {
  const auto start = static_cast<uint32_t>(node_count_);
  const uint32_t end = start + 1;
  std::vector<std::pair<uint32_t, uint32_t>> edges = edges_;
  for (const uint32_t node : starts_) {
    edges.emplace_back(start, node);
  }
  for (const uint32_t node : ends_) {
    edges.emplace_back(node, end);
  }
  const Adjacency adjacency(node_count_ + 2, edges);

  // One way from start to end. Only its nodes can be hinges.
  std::vector<uint32_t> came_from(node_count_ + 2, kNone);
  std::vector<uint32_t> queue = {start};
  came_from[start] = start;
  for (size_t i = 0; i < queue.size(); ++i) {
    for (uint32_t edge = adjacency.begin(queue[i]); edge < adjacency.end(queue[i]); ++edge) {
      if (const uint32_t to = adjacency.target(edge); came_from[to] == kNone) {
        came_from[to] = queue[i];
        queue.push_back(to);
      }
    }
  }
  if (came_from[end] == kNone) {
    return {};
  }
  std::vector<uint32_t> way;
  for (uint32_t node = end; node != start; node = came_from[node]) {
    way.push_back(node);
  }
  way.push_back(start);
  std::reverse(way.begin(), way.end());
  std::vector<uint32_t> place_on_way(node_count_ + 2, kNone);
  for (uint32_t place = 0; place < way.size(); ++place) {
    place_on_way[way[place]] = place;
  }

  // Walks along the way. `furthest` is the last place that can be reached without the places from here on: where it is
  // this place, nothing leads around it.
  std::vector<uint32_t> hinges;
  std::vector<bool> seen(node_count_ + 2, false);
  uint32_t furthest = 0;
  for (uint32_t place = 0; place + 1 < way.size(); ++place) {
    if (place > 0 && furthest == place) {
      hinges.push_back(way[place]);
    }
    queue = {way[place]};
    while (!queue.empty()) {
      const uint32_t node = queue.back();
      queue.pop_back();
      for (uint32_t edge = adjacency.begin(node); edge < adjacency.end(node); ++edge) {
        const uint32_t to = adjacency.target(edge);
        if (place_on_way[to] != kNone) {
          furthest = std::max(furthest, place_on_way[to]);
        } else if (!seen[to]) {
          seen[to] = true;
          queue.push_back(to);
        }
      }
    }
  }
  return hinges;
}

}  // namespace sworn::views
