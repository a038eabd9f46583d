#include "cli/judgement_preview.h"

#include "cli/output.h"
#include "cli/support_text.h"
#include "cli/table.h"
#include "cli/text.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

std::string Describe(const v1::ClaimState& state) {
  if (state.retracted()) return "retracted";
  if (!state.counted()) return "undermined, does not count";
  return state.undermined() ? "undermined, counts" : "counts";
}

std::string FormatStates(const v1::PreviewJudgementResponse& preview) {
  Table table({{"assertion"}, {"now"}, {"then"}, {"statement", Column::Align::kLeft, Column::Fit::kCut}});
  for (const v1::StateChange& change : preview.states()) {
    table.AddRow({ShortId(change.id()), Describe(change.before()), Describe(change.after()), change.statement()});
  }
  return table.empty() ? "" : table.Format(StandardOutput().columns) + "\n";
}

std::string FormatSupport(const v1::PreviewJudgementResponse& preview) {
  Table table({{"from"}, {"to"}, {"side"}, {"category"}, {"now"}, {"then"}, {"independent now"}, {"then"}});
  for (const v1::PreviewedSupportChange& change : preview.support()) {
    table.AddRow({change.from(), change.to(), v1::Lens::SupportClass_Name(change.side()), change.category(),
                  v1::Support::Status_Name(change.status_before()), v1::Support::Status_Name(change.status_after()),
                  FormatRange(change.independent_before()), FormatRange(change.independent_after())});
  }
  if (table.empty()) return "";
  return model::Concat("support, lens ", preview.lens().name(), "\n", table.Format(StandardOutput().columns), "\n");
}

std::string FormatIds(const std::string& what, const google::protobuf::RepeatedPtrField<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += model::Concat("  ", Printable(id), "\n");
  return text.empty() ? "" : model::Concat(what, "\n", text);
}

}  // namespace

std::string FormatPreview(const v1::PreviewJudgementResponse& preview) {
  if (!preview.no_effect().empty()) return model::Concat("no effect: ", Printable(preview.no_effect()), "\n");
  std::string text = FormatStates(preview) + FormatSupport(preview) + FormatIds("would become one:", preview.merged()) +
                     FormatIds("would be told apart:", preview.separated());
  if (text.empty()) text = "it would be recorded; no standing and no cell of the support view changes\n";
  if (preview.more()) text += "there is more than is shown here\n";
  return text;
}

}  // namespace sworn::cli
