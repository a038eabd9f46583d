#include "ledger/views/subject_graph.h"

#include <gtest/gtest.h>

#include "ledger/model/refusal.h"

namespace sworn::views {
namespace {

using provenance_rows::Subject;

TEST(SubjectGraph, IsRefusedBeyondItsBounds) {
  absl::StatusOr<SubjectGraph> graph = SubjectGraph::ForPage("filters", 1, "");
  ASSERT_TRUE(graph.ok()) << graph.status();
  for (uint32_t i = 0; i < SubjectGraph::kMaxNodes; ++i) {
    ASSERT_EQ(*graph->NodeOf({Subject::Kind::kAuthor, Concat(i)}), i);
  }
  EXPECT_EQ(*graph->NodeOf({Subject::Kind::kAuthor, "7"}), 7U);
  EXPECT_EQ(model::ReasonOf(graph->NodeOf({Subject::Kind::kAuthor, "one more"}).status()), v1::Refusal::TOO_LARGE);
  for (uint32_t i = 0; i < SubjectGraph::kMaxEdges; ++i) {
    ASSERT_TRUE(graph->AddEdge(0, 1, v1::TraceEdge::CITES).ok());
  }
  EXPECT_EQ(model::ReasonOf(graph->AddEdge(0, 1, v1::TraceEdge::CITES)), v1::Refusal::TOO_LARGE);
}

TEST(SubjectGraph, RefusesATokenBeyondItsNodes) {
  const absl::StatusOr<SubjectGraph> graph = SubjectGraph::ForPage("filters", 1, MakePageToken("filters", "12"));
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(graph->size(), 0U);
  for (const std::string start : {"-1", "x", "1000000", "99999999999"}) {
    const absl::StatusOr<SubjectGraph> refused = SubjectGraph::ForPage("filters", 1, MakePageToken("filters", start));
    EXPECT_EQ(model::ReasonOf(refused.status()), v1::Refusal::FIELD_INVALID) << start;
  }
}

}  // namespace
}  // namespace sworn::views
