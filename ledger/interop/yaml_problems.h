// What is wrong with a file, collected so that its writer learns of everything at once.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "ledger/interop/yaml_document.h"
#include "ledger/model/refusal.h"

namespace sworn::interop {

class YamlProblems {
 public:
  YamlProblems(std::string file_name, size_t max_problems);

  // `path` is the field: "assertions[2].polarity". The same is reported once: what several assertions take
  // from one default is one mistake.
  void Add(YamlPosition position, std::string_view path, std::string_view message,
           model::Reason reason = v1::Refusal::FIELD_INVALID);
  bool empty() const { return lines_.empty(); }
  // Ok where there are none; otherwise a line for each, in the order of the file, with the reason of the first.
  absl::Status ToStatus() const;

 private:
  struct Line {
    YamlPosition position;
    model::Reason reason;
    std::string text;
  };

  std::string file_name_;
  size_t max_problems_;
  std::vector<Line> lines_;
  absl::flat_hash_set<std::string> seen_;
};

// "; did you mean 'affirms'?" where a candidate is close, else what there is to choose from, if that is little.
std::string Suggest(std::string_view word, absl::Span<const std::string_view> candidates);

// Text from outside, fit to be quoted: escaped and shortened.
std::string Quote(std::string_view text);

}  // namespace sworn::interop
