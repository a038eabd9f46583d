// How well something is supported, as people read it.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <string>

#include "cli/table.h"
#include "sworn/v1/view_service.pb.h"

namespace sworn::cli {

Style StyleOf(v1::Support::Status status);
Cell StatusCell(v1::Support::Status status);

// "China → Russia   lens officials v1   as of position 7 (…)   scope: …": the line above every answer about support.
// An end that the question left open is shown as "…".
std::string SupportHead(const std::string& from, const std::string& to, const v1::LensUsed& lens,
                        const v1::AnsweredAsOf& as_of, const std::string& valid_at, const std::string& scope);

// The same of any response that has these fields.
template <typename Response>
std::string FormatSupportHead(const Response& response, const std::string& valid_at) {
  return SupportHead(response.from(), response.to(), response.lens(), response.as_of(), valid_at, response.scope());
}

// "2" or "0–1".
std::string FormatRange(const v1::CountRange& range);

}  // namespace sworn::cli
