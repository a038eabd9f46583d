// A graph of what is reached from one id, answered page by page: nodes in the order in which they were reached, each
// edge on the page of the later of its two nodes.
//
// Every page is found by walking the whole graph again, as of the same moment: nothing is kept between requests. Only
// what is on the page is described.
//
// Thread-safety: a SubjectGraph belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/views/engine.h"
#include "ledger/views/page_token.h"
#include "ledger/views/provenance_rows.h"
#include "ledger/views/text.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::views {

class SubjectGraph {
 public:
  static constexpr uint32_t kMaxPageSize = 10'000;
  static constexpr uint32_t kMaxNodes = 1'000'000;
  static constexpr uint32_t kMaxEdges = 4'000'000;

  struct Page {
    uint32_t first_node = 0;
    std::vector<v1::TraceNode> nodes;
    std::vector<v1::TraceEdge> edges;  // by the later of their nodes
    std::string next_page_token;       // empty on the last page
  };

  // For the page that a token begins at; the first for an empty one. 0 means the largest page. Refused with
  // FIELD_INVALID where the token was not given out for these filters.
  static absl::StatusOr<SubjectGraph> ForPage(std::string filters, uint32_t page_size, std::string_view page_token);

  // Index of the subject's node, which is added where there is none yet.
  absl::StatusOr<uint32_t> NodeOf(const provenance_rows::Subject& subject);
  // Both nodes are there. Added again it is not there twice. `step` is null but for an edge of an attribution.
  absl::Status AddEdge(uint32_t from, uint32_t to, v1::TraceEdge::Kind kind,
                       const rows::v1::AttributionStep* step = nullptr);

  uint32_t size() const { return static_cast<uint32_t>(subjects_.size()); }
  const provenance_rows::Subject& subject(uint32_t node) const { return *subjects_[node]; }

  // The page ends early where it would be too large for one answer.
  absl::StatusOr<Page> ReadPage(const RowReader& rows) const;

 private:
  // The later node, from, to, kind, mode, said at.
  using Edge = std::tuple<uint32_t, uint32_t, uint32_t, int, int, std::string>;

  SubjectGraph(std::string filters, uint32_t first_node, uint32_t page_size)
      : filters_(std::move(filters)), first_node_(first_node), end_node_(first_node + page_size) {}

  std::string filters_;
  uint32_t first_node_;
  uint32_t end_node_;
  std::map<provenance_rows::Subject, uint32_t> node_of_;
  std::vector<const provenance_rows::Subject*> subjects_;  // keys of node_of_, in the order of the nodes
  uint32_t edges_added_ = 0;
  std::set<Edge> edges_;  // those of the page only
};

// The graph for a request's page. A token holds for one moment: ask for further pages as of the position of the first.
template <typename Request>
absl::StatusOr<SubjectGraph> GraphForPage(const ViewRead& view, const Request& request) {
  return SubjectGraph::ForPage(Concat(FiltersOf(request), " as of ", view.as_of.position()), request.page_size(),
                               request.page_token());
}

}  // namespace sworn::views
