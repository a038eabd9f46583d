// trace, impact: an id back to its origins, and on to all that rests on it.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/graph_text.h"
#include "cli/output.h"
#include "cli/provenance_graph.h"
#include "cli/trace_tree.h"
#include "cli/view_reading.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

constexpr uint64_t kMaxPageSize = 10'000;

struct GraphArguments {
  std::string id;
  std::string as_of;
  uint64_t limit = 0;
  std::string drawn_as = "tree";
};

// Page after page until the limit, in one response. All pages are as of the moment of the first.
template <typename Request, typename Response>
absl::StatusOr<Response> FetchGraph(const GlobalOptions& options, const GraphArguments& arguments,
                                    grpc::Status (v1::ViewService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                                  Response*)) {
  const absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  Connection& connection = *reading->connection;
  Request request;
  request.set_id(arguments.id);
  *request.mutable_as_of() = reading->as_of;
  Response whole;
  while (true) {
    const uint64_t left = arguments.limit - static_cast<uint64_t>(whole.nodes_size());
    request.set_page_size(static_cast<uint32_t>(arguments.limit == 0 ? kMaxPageSize : std::min(left, kMaxPageSize)));
    absl::StatusOr<Response> page = connection.Call(connection.views(), method, request);
    if (!page.ok()) return page.status();
    if (request.page_token().empty()) {
      whole = *std::move(page);
    } else {
      for (auto& node : *page->mutable_nodes()) whole.mutable_nodes()->Add(std::move(node));
      for (v1::TraceEdge& edge : *page->mutable_edges()) whole.mutable_edges()->Add(std::move(edge));
      whole.set_next_page_token(page->next_page_token());
    }
    const bool is_enough = arguments.limit != 0 && static_cast<uint64_t>(whole.nodes_size()) >= arguments.limit;
    if (whole.next_page_token().empty() || is_enough) break;
    request.set_page_token(whole.next_page_token());
    request.mutable_as_of()->Clear();
    request.mutable_as_of()->set_position(whole.as_of().position());
  }
  if (!whole.next_page_token().empty()) {
    Tell(model::Concat("the first ", whole.nodes_size(),
                       " nodes are shown and there are more: --limit N, or --limit 0 ", "for all"));
  }
  return whole;
}

template <typename Response>
absl::Status PrintGraph(const Response& response, const GlobalOptions& options, const GraphArguments& arguments,
                        std::string (*format_tree)(const Response&)) {
  if (options.format != Format::kTable) return PrintJson(response, options.format);
  if (arguments.drawn_as == "dot") return PrintRaw(FormatDot(GraphOf(response)));
  if (arguments.drawn_as == "mermaid") return PrintRaw(FormatMermaid(GraphOf(response)));
  return PrintText(format_tree(response));
}

// What the method answers, in the form asked for.
template <typename Request, typename Response>
absl::Status ShowGraph(const GlobalOptions& options, const GraphArguments& arguments,
                       grpc::Status (v1::ViewService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                       std::string (*format_tree)(const Response&)) {
  if (options.format != Format::kTable && arguments.drawn_as != "tree") {
    return absl::InvalidArgumentError(model::ToAbsl(model::Concat(
        "--as ", arguments.drawn_as, " and --format json or ndjson exclude each other: give one of them")));
  }
  const absl::StatusOr<Response> response = FetchGraph(options, arguments, method);
  if (!response.ok()) return response.status();
  return PrintGraph(*response, options, arguments, format_tree);
}

void AddGraphOptions(CLI::App& command, GraphArguments& arguments) {
  command.add_option("ID", arguments.id, "Any id; an entity or source also by name or external id")
      ->required()
      ->type_name("");
  command.add_option("--as-of", arguments.as_of, "As the record stood then: a position, a day or a time (UTC)")
      ->type_name("P|TIME");
  command.add_option("--limit", arguments.limit, "At most so many nodes; 0 for all")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--as", arguments.drawn_as, "tree; dot for Graphviz; mermaid for Markdown")
      ->check(CLI::IsMember({"tree", "dot", "mermaid"}))
      ->type_name("FORM")
      ->capture_default_str();
}

}  // namespace

void AddProvenanceCommands(Program& program) {
  const auto trace = std::make_shared<GraphArguments>();
  AddGraphOptions(AddCommand(program, program.app, "trace", "Follow an id back to its origins and evidence",
                             "  sworn trace 3f9a1c\n"
                             "  sworn trace 3f9a1c --as dot | dot -Tsvg > trace.svg",
                             [&program, trace] {
                               return ShowGraph(program.options, *trace, &v1::ViewService::Stub::GetTrace, FormatTrace);
                             }),
                  *trace);
  const auto impact = std::make_shared<GraphArguments>();
  AddGraphOptions(AddCommand(program, program.app, "impact", "All that rests on an id, and what would fall with it",
                             "  sworn impact 3f9a1c\n"
                             "  sworn impact \"European Pravda\"\n"
                             "  sworn impact \"European Pravda\" --as mermaid\n"
                             "An assertion or judgement falls by being retracted, a source by being withdrawn: then\n"
                             "every account falls that only came by way of it. What falls is marked \"lost\".",
                             [&program, impact] {
                               return ShowGraph(program.options, *impact, &v1::ViewService::Stub::GetImpact,
                                                FormatImpact);
                             }),
                  *impact);
}

}  // namespace sworn::cli
