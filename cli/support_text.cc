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

std::string SupportHead(const std::string& from, const std::string& to, const v1::LensUsed& lens,
                        const v1::AnsweredAsOf& as_of, const std::string& valid_at, const std::string& scope) {
  const auto end = [](const std::string& name) { return name.empty() ? "…" : Printable(name); };
  return model::Concat(Styled(model::Concat(end(from), " → ", end(to)), Style::kBold), "   lens ",
                       Printable(lens.name()), " v", lens.version(), "   as of position ", as_of.position(), " (",
                       FormatTimestamp(as_of.recorded_at()), ")", valid_at.empty() ? "" : "   valid at ",
                       Printable(valid_at), "   scope: ", Printable(scope), "\n");
}

std::string FormatRange(const v1::CountRange& range) {
  return range.min() == range.max() ? model::Concat(range.min()) : model::Concat(range.min(), "–", range.max());
}

}  // namespace sworn::cli
