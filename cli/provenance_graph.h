// A trace or an impact as the ways of showing it need it: as a tree (trace_tree.h), in DOT or in Mermaid
// (graph_text.h).
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sworn/v1/view_service.pb.h"

namespace sworn::cli {

struct ProvenanceGraph {
  enum class Direction { kBack, kForward };
  struct Node {
    const v1::TraceNode* node = nullptr;
    bool lost = false;
  };

  Direction direction = Direction::kBack;
  std::vector<Node> nodes;
  std::vector<const v1::TraceEdge*> edges;  // whose nodes are both there
};

// Good for as long as the response is.
ProvenanceGraph GraphOf(const v1::GetTraceResponse& response);
ProvenanceGraph GraphOf(const v1::GetImpactResponse& response);

// "derived from" of DERIVED_FROM.
std::string Words(std::string_view enum_name);
// "assertion".
std::string KindInWords(const v1::TraceNode& node);
// "cites (told 2024-04)"; with `object` "it": "cites it (told 2024-04)".
std::string EdgeInWords(const v1::TraceEdge& edge, std::string_view object = "");

}  // namespace sworn::cli
