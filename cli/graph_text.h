// A trace or an impact as text for tools that draw graphs: Graphviz DOT and Mermaid. An edge goes from what rests to
// what it rests on. Labels were written by others: nothing in them can end a string or start a directive.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>
#include <string_view>

#include "cli/provenance_graph.h"

namespace sworn::cli {

std::string FormatDot(const ProvenanceGraph& graph);
std::string FormatMermaid(const ProvenanceGraph& graph);

// What stands between the quotes of a label and shows as `text`, on one line.
std::string EscapeForDot(std::string_view text);
std::string EscapeForMermaid(std::string_view text);

}  // namespace sworn::cli
