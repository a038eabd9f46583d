// support --timeline: how the support between two came to be what it is (declared in support_command.h).
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "cli/support_command.h"
#include "cli/support_text.h"
#include "cli/table.h"
#include "cli/view_reading.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

Cell ChangeCell(const v1::SupportChange& change) {
  const std::string& after = v1::Support::Status_Name(change.status_after());
  const std::string text = change.status_before() == change.status_after()
                               ? after
                               : model::Concat(v1::Support::Status_Name(change.status_before()), " → ", after);
  return {text, StyleOf(change.status_after())};
}

std::string FormatTimeline(const v1::GetSupportTimelineResponse& response, const std::string& valid_at) {
  using Align = Column::Align;
  Table table({{"position", Align::kRight},
               {"recorded"},
               {"category"},
               {"side"},
               {"status"},
               {"affirms", Align::kRight},
               {"denies", Align::kRight},
               {"no evidence", Align::kRight},
               {"origins", Align::kRight},
               {"independent", Align::kRight},
               {"through", Align::kLeft, Column::Fit::kCut}});
  for (const v1::SupportChange& change : response.changes()) {
    std::vector<std::string> portions;
    for (const std::string& id : change.portion_ids()) portions.push_back(ShortId(id));
    table.AddRow({model::Concat(change.position()), FormatTimestamp(change.recorded_at()), change.category(),
                  v1::Lens::SupportClass_Name(change.side()), ChangeCell(change), model::Concat(change.affirms()),
                  model::Concat(change.denies()), model::Concat(change.finds_no_evidence()),
                  FormatRange(change.origins()), FormatRange(change.independent_origins()),
                  absl::StrJoin(portions, ", ")});
  }
  return FormatSupportHead(response, valid_at) + "\n" + table.Format(StandardOutput().columns) + "\n" +
         Counted(static_cast<uint64_t>(response.changes_size()), "change", "changes") + "\n";
}

}  // namespace

absl::Status ShowSupportTimeline(const GlobalOptions& options, const SupportArguments& arguments) {
  absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  v1::GetSupportTimelineRequest request;
  request.set_from(arguments.from);
  request.set_to(arguments.to);
  request.set_lens(arguments.lens);
  request.set_category(arguments.category);
  request.set_valid_at(arguments.valid_at);
  *request.mutable_as_of() = reading->as_of;
  Listing<v1::GetSupportTimelineResponse, v1::SupportChange> listing;
  listing.limit = arguments.limit;
  listing.fetch = PageFetcher(*reading->connection, &v1::ViewService::Stub::GetSupportTimeline, request);
  listing.items = [](v1::GetSupportTimelineResponse& response) { return response.mutable_changes(); };
  listing.format_table = [&](const auto& response) { return FormatTimeline(response, arguments.valid_at); };
  return PrintListing(listing, options.format);
}

}  // namespace sworn::cli
