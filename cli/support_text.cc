#include "cli/support_text.h"

#include "ledger/model/text.h"

namespace sworn::cli {

Style StyleOf(v1::Support::Status status) {
  switch (status) {
    case v1::Support::REPORTED:
      return Style::kGreen;
    case v1::Support::CONTESTED:
      return Style::kYellow;
    case v1::Support::DENIED:
      return Style::kRed;
    case v1::Support::NO_EVIDENCE_FOUND:
      return Style::kYellow;
    default:
      return Style::kFaint;
  }
}

Cell StatusCell(v1::Support::Status status) { return {v1::Support::Status_Name(status), StyleOf(status)}; }

std::string FormatRange(const v1::CountRange& range) {
  return range.min() == range.max() ? model::Concat(range.min()) : model::Concat(range.min(), "–", range.max());
}

}  // namespace sworn::cli
