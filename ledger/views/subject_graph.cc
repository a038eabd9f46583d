#include "ledger/views/subject_graph.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "ledger/model/refusal.h"
#include "ledger/views/provenance_node.h"

namespace sworn::views {
namespace {

using provenance_rows::Subject;

// An answer must fit into one message.
constexpr size_t kMaxPageBytes = size_t{8} << 20U;

absl::Status RefuseTooLarge(uint32_t limit, std::string_view what) {
  return model::Refuse(v1::Refusal::TOO_LARGE, Concat("more than ", limit, " ", what,
                                                      " hang together with it; ask about less, such as one assertion"));
}

}  // namespace

absl::StatusOr<SubjectGraph> SubjectGraph::ForPage(std::string filters, uint32_t page_size,
                                                   std::string_view page_token) {
  const absl::StatusOr<std::string> start = ParsePageToken(filters, page_token);
  if (!start.ok()) {
    return model::WithContext(start.status(), "pages are asked for as of the position of the first one");
  }
  uint32_t first_node = 0;
  if (!start->empty() && (!absl::SimpleAtoi(model::ToAbsl(*start), &first_node) || first_node >= kMaxNodes)) {
    return model::Refuse(v1::Refusal::FIELD_INVALID, "page_token: not one that was given out; begin without a token");
  }
  return SubjectGraph(std::move(filters), first_node,
                      page_size == 0 ? kMaxPageSize : std::min(page_size, kMaxPageSize));
}

absl::StatusOr<uint32_t> SubjectGraph::NodeOf(const Subject& subject) {
  const auto [entry, is_new] = node_of_.try_emplace(subject, size());
  if (!is_new) return entry->second;
  if (size() == kMaxNodes) return RefuseTooLarge(kMaxNodes, "nodes");
  subjects_.push_back(&entry->first);
  return entry->second;
}

absl::Status SubjectGraph::AddEdge(uint32_t from, uint32_t to, v1::TraceEdge::Kind kind,
                                   const rows::v1::AttributionStep* step) {
  if (edges_added_ == kMaxEdges) return RefuseTooLarge(kMaxEdges, "edges");
  ++edges_added_;
  const uint32_t later = std::max(from, to);
  if (later < first_node_ || later >= end_node_) return absl::OkStatus();
  edges_.emplace(later, from, to, kind, step == nullptr ? v1::Hop::MODE_UNSPECIFIED : step->mode(),
                 step == nullptr ? std::string() : step->said_at());
  return absl::OkStatus();
}

absl::StatusOr<SubjectGraph::Page> SubjectGraph::ReadPage(const RowReader& rows) const {
  if (first_node_ >= size()) {
    return model::Refuse(v1::Refusal::FIELD_INVALID, "page_token: there is no such page; begin without a token");
  }
  Page page;
  page.first_node = first_node_;
  size_t bytes = 0;
  auto edge = edges_.begin();
  uint32_t node = first_node_;
  for (; node < std::min(end_node_, size()) && bytes < kMaxPageBytes; ++node) {
    absl::StatusOr<v1::TraceNode> described = DescribeSubject(subject(node), rows);
    if (!described.ok()) return described.status();
    bytes += described->ByteSizeLong();
    page.nodes.push_back(*std::move(described));
    for (; edge != edges_.end() && std::get<0>(*edge) == node; ++edge) {
      v1::TraceEdge& answer = page.edges.emplace_back();
      answer.set_from(std::get<1>(*edge));
      answer.set_to(std::get<2>(*edge));
      answer.set_kind(static_cast<v1::TraceEdge::Kind>(std::get<3>(*edge)));
      answer.set_mode(static_cast<v1::Hop::Mode>(std::get<4>(*edge)));
      answer.set_said_at(std::get<5>(*edge));
      bytes += answer.ByteSizeLong();
    }
  }
  if (node < size()) page.next_page_token = MakePageToken(filters_, Concat(node));
  return page;
}

}  // namespace sworn::views
