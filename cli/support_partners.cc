// support --from alone, or --to alone: everyone at the other end (declared in support_command.h).
#include <string>
#include <utility>

#include "cli/support_command.h"
#include "cli/support_text.h"
#include "cli/table.h"
#include "cli/view_reading.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

std::string FormatPartners(const v1::ListPartnersResponse& response, const std::string& valid_at) {
  using Align = Column::Align;
  Table table({{response.to().empty() ? "supports" : "supported by", Align::kLeft, Column::Fit::kCut},
               {"id"},
               {"direct"},
               {"indirect"},
               {"unassigned"},
               {"independent", Align::kRight},
               {"assertions", Align::kRight},
               {"last recorded"}});
  for (const v1::SupportPartner& partner : response.partners()) {
    table.AddRow({partner.name(), ShortId(partner.id()), StatusCell(partner.direct()), StatusCell(partner.indirect()),
                  StatusCell(partner.unassigned()), FormatRange(partner.independent_origins()),
                  model::Concat(partner.assertions()), FormatTimestamp(partner.last_recorded_at())});
  }
  return FormatSupportHead(response, valid_at) + "\n" + table.Format(StandardOutput().columns) + "\n" +
         Counted(static_cast<uint64_t>(response.partners_size()), "entity", "entities") + "\n";
}

}  // namespace

absl::Status ListSupportPartners(const GlobalOptions& options, const SupportArguments& arguments) {
  absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  v1::ListPartnersRequest request;
  request.set_from(arguments.from);
  request.set_to(arguments.to);
  request.set_lens(arguments.lens);
  request.set_valid_at(arguments.valid_at);
  *request.mutable_as_of() = reading->as_of;
  Listing<v1::ListPartnersResponse, v1::SupportPartner> listing;
  listing.limit = arguments.limit;
  listing.fetch = PageFetcher(*reading->connection, &v1::ViewService::Stub::ListPartners, request);
  listing.items = [](v1::ListPartnersResponse& response) { return response.mutable_partners(); };
  listing.format_table = [&](const auto& response) { return FormatPartners(response, arguments.valid_at); };
  return PrintListing(listing, options.format);
}

}  // namespace sworn::cli
