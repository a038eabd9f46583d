#include "cli/claim_groups_command.h"

#include <memory>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_join.h"
#include "cli/portion_text.h"
#include "cli/support_text.h"
#include "cli/table.h"
#include "cli/view_reading.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

// "share of imports: 70 % by 3f0a…, about 90 % by 77b0…".
std::string FormatDisagreement(const v1::QuantityDisagreement& disagreement) {
  std::vector<std::string> stated;
  for (const v1::StatedQuantity& one : disagreement.stated()) {
    v1::Quantity bare = one.quantity();
    bare.clear_measure();
    bare.clear_base();
    stated.push_back(model::Concat(FormatQuantity(bare), " by ", ShortId(one.assertion_id())));
  }
  const std::string measure = disagreement.measure().empty() ? "quantity" : disagreement.measure();
  return measure + ": " + absl::StrJoin(stated, ", ");
}

// What is to be said against a claim; empty where nothing is.
std::string FormatDoubts(const v1::ClaimGroup& group) {
  std::vector<std::string> doubts;
  if (group.affirms() > 0 && group.denies() > 0) doubts.emplace_back("affirmed and denied");
  if (group.affirms() > 0 && group.finds_no_evidence() > 0) doubts.emplace_back("affirmed and no evidence found");
  for (const v1::QuantityDisagreement& disagreement : group.disagreements()) {
    doubts.push_back(FormatDisagreement(disagreement));
  }
  if (group.credibility_unsupported()) doubts.emplace_back("credibility 1 without two independent origins");
  return absl::StrJoin(doubts, "; ");
}

std::string FormatGroups(const v1::ListClaimGroupsResponse& response) {
  using Align = Column::Align;
  using Fit = Column::Fit;
  Table table({{"id"},
               {"claim", Align::kLeft, Fit::kCut},
               {"category"},
               {"valid"},
               {"status"},
               {"affirms", Align::kRight},
               {"denies", Align::kRight},
               {"no evidence", Align::kRight},
               {"first-hand", Align::kRight},
               {"hearsay", Align::kRight},
               {"independent", Align::kRight},
               {"grade"},
               {"against it", Align::kLeft, Fit::kCut},
               {"hinges on", Align::kLeft, Fit::kCut},
               {"statement", Align::kLeft, Fit::kCut}});
  for (const v1::ClaimGroup& group : response.groups()) {
    table.AddRow({ShortId(group.id()), model::Concat(group.subject(), " ", group.predicate(), " ", group.object()),
                  group.category(), FormatPeriod(group.valid()), StatusCell(group.status()),
                  model::Concat(group.affirms()), model::Concat(group.denies()),
                  model::Concat(group.finds_no_evidence()), model::Concat(group.first_hand()),
                  model::Concat(group.hearsay()), FormatRange(group.independent_origins()), group.best_grade(),
                  FormatDoubts(group), absl::StrJoin(group.hinges(), ", "), group.statement()});
  }
  return model::Concat(table.Format(StandardOutput().columns), "\n",
                       Counted(static_cast<uint64_t>(response.groups_size()), "claim", "claims"), " as of position ",
                       response.as_of().position(), ", scope: ", Printable(response.scope()), "\n");
}

}  // namespace

absl::Status ListClaimGroups(const GlobalOptions& options, const ClaimGroupsArguments& arguments) {
  absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  v1::ListClaimGroupsRequest request;
  request.set_from(arguments.from);
  request.set_to(arguments.to);
  request.set_category(arguments.category);
  request.set_contradicted(arguments.contradicted);
  request.set_valid_at(arguments.valid_at);
  *request.mutable_as_of() = reading->as_of;
  Listing<v1::ListClaimGroupsResponse, v1::ClaimGroup> listing;
  listing.limit = arguments.limit;
  listing.fetch = PageFetcher(*reading->connection, &v1::ViewService::Stub::ListClaimGroups, request);
  listing.items = [](v1::ListClaimGroupsResponse& response) { return response.mutable_groups(); };
  listing.format_table = FormatGroups;
  return PrintListing(listing, options.format);
}

void AddContradictionsCommand(Program& program) {
  const auto arguments = std::make_shared<ClaimGroupsArguments>();
  arguments->contradicted = true;
  CLI::App& command = AddCommand(
      program, program.app, "contradictions",
      "List claims that are affirmed here and denied there, looked for in vain, or state quantities that disagree",
      "  sworn contradictions --from China --to Russia\n"
      "  sworn contradictions --category materiel --valid-at 2023-Q4 --format json",
      [&program, arguments] { return ListClaimGroups(program.options, *arguments); });
  command.add_option("--from", arguments->from, "Subject: a name, an external id or an id")->type_name("ENTITY");
  command.add_option("--to", arguments->to, "Object")->type_name("ENTITY");
  command.add_option("--category", arguments->category, "A category and everything below it")->type_name("PATH");
  command.add_option("--as-of", arguments->as_of, "As the record stood then")->type_name("P|TIME");
  command.add_option("--valid-at", arguments->valid_at, "What held in the world then")->type_name("DATE");
  command.add_option("--limit", arguments->limit, "At most so many; 0 for all")->type_name("N")->capture_default_str();
}

}  // namespace sworn::cli
