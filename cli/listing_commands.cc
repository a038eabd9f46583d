// claims, contradictions, entities, sources: what the ledger holds, listed.
#include <memory>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "cli/claim_groups_command.h"
#include "cli/commands.h"
#include "cli/listing.h"
#include "cli/portion_text.h"
#include "cli/table.h"
#include "cli/track_record_text.h"
#include "cli/view_reading.h"
#include "ledger/model/text.h"
#include "ledger/model/vocabulary.h"

namespace sworn::cli {
namespace {

struct ClaimsArguments {
  std::string from;
  std::string to;
  std::string category;
  std::string polarity;
  std::string source;
  std::string as_of;
  std::string valid_at;
  bool include_retracted = false;
  bool grouped = false;
  uint64_t limit = kDefaultLimit;
};

struct NamesArguments {
  std::string name_contains;
  std::string kind;
  std::string as_of;
  uint64_t limit = kDefaultLimit;
};

std::string ScopeLine(uint64_t count, std::string_view singular, std::string_view plural, const v1::AnsweredAsOf& as_of,
                      std::string_view scope) {
  return model::Concat("\n", Counted(count, singular, plural), " as of position ", as_of.position(),
                       ", scope: ", Printable(scope), "\n");
}

std::string DescribeState(const v1::ClaimState& state) {
  if (state.retracted()) return "retracted";
  if (!state.counted()) return state.undermined() ? "undermined, not counted" : "not counted";
  return state.undermined() ? "undermined" : "counted";
}

std::string FormatClaims(const v1::ListClaimsResponse& response) {
  using Align = Column::Align;
  using Fit = Column::Fit;
  Table table({{"id"},
               {"position", Align::kRight},
               {"subject", Align::kLeft, Fit::kCut},
               {"predicate"},
               {"object", Align::kLeft, Fit::kCut},
               {"category"},
               {"polarity"},
               {"valid"},
               {"attribution, origins first", Align::kLeft, Fit::kCut},
               {"state"},
               {"marking"},
               {"statement", Align::kLeft, Fit::kCut}});
  for (const v1::Claim& claim : response.claims()) {
    table.AddRow({ShortId(claim.id()), model::Concat(claim.position()), claim.subject(), claim.predicate(),
                  claim.object(), claim.category(), v1::Assertion::Polarity_Name(claim.polarity()),
                  FormatPeriod(claim.valid()), absl::StrJoin(claim.attribution(), " → "), DescribeState(claim.state()),
                  claim.marking(), claim.statement()});
  }
  return table.Format(StandardOutput().columns) +
         ScopeLine(response.claims_size(), "claim", "claims", response.as_of(), response.scope());
}

absl::Status ListClaims(const GlobalOptions& options, const ClaimsArguments& arguments) {
  if (arguments.grouped) {
    return ListClaimGroups(options, {.from = arguments.from,
                                     .to = arguments.to,
                                     .category = arguments.category,
                                     .as_of = arguments.as_of,
                                     .valid_at = arguments.valid_at,
                                     .limit = arguments.limit});
  }
  v1::ListClaimsRequest request;
  if (!arguments.polarity.empty()) {
    const absl::StatusOr<v1::Assertion::Polarity> polarity = model::ParsePolarity(arguments.polarity);
    if (!polarity.ok()) return polarity.status();
    request.set_polarity(*polarity);
  }
  absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  request.set_from(arguments.from);
  request.set_to(arguments.to);
  request.set_category(arguments.category);
  request.set_source(arguments.source);
  request.set_valid_at(arguments.valid_at);
  request.set_include_retracted(arguments.include_retracted);
  *request.mutable_as_of() = reading->as_of;
  Listing<v1::ListClaimsResponse, v1::Claim> listing;
  listing.limit = arguments.limit;
  listing.fetch = PageFetcher(*reading->connection, &v1::ViewService::Stub::ListClaims, request);
  listing.items = [](v1::ListClaimsResponse& response) { return response.mutable_claims(); };
  listing.format_table = FormatClaims;
  return PrintListing(listing, options.format);
}

std::string FormatEntities(const v1::ListEntitiesResponse& response) {
  using Align = Column::Align;
  using Fit = Column::Fit;
  Table table({{"id"},
               {"name", Align::kLeft, Fit::kCut},
               {"kind"},
               {"assertions", Align::kRight},
               {"external ids", Align::kLeft, Fit::kCut},
               {"labels"},
               {"also", Align::kLeft, Fit::kCut}});
  for (const v1::EntitySummary& entity : response.entities()) {
    table.AddRow({ShortId(entity.id()), entity.name(), entity.kind(), model::Concat(entity.assertions()),
                  absl::StrJoin(entity.external_ids(), ", "), absl::StrJoin(entity.labels(), ", "),
                  absl::StrJoin(entity.aliases(), ", ")});
  }
  return table.Format(StandardOutput().columns) +
         ScopeLine(response.entities_size(), "entity", "entities", response.as_of(), response.scope());
}

absl::Status ListEntities(const GlobalOptions& options, const NamesArguments& arguments) {
  absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  v1::ListEntitiesRequest request;
  request.set_name_contains(arguments.name_contains);
  request.set_kind(arguments.kind);
  *request.mutable_as_of() = reading->as_of;
  Listing<v1::ListEntitiesResponse, v1::EntitySummary> listing;
  listing.limit = arguments.limit;
  listing.fetch = PageFetcher(*reading->connection, &v1::ViewService::Stub::ListEntities, request);
  listing.items = [](v1::ListEntitiesResponse& response) { return response.mutable_entities(); };
  listing.format_table = FormatEntities;
  return PrintListing(listing, options.format);
}

std::string FormatSources(const v1::ListSourcesResponse& response) {
  using Align = Column::Align;
  using Fit = Column::Fit;
  Table table({{"id"},
               {"name", Align::kLeft, Fit::kCut},
               {"kind"},
               {"named"},
               {"affiliation", Align::kLeft, Fit::kCut},
               {"assertions", Align::kRight},
               {"of which", Align::kRight},
               {"counted", Align::kRight},
               {"retracted", Align::kRight},
               {"undermined", Align::kRight},
               {"confirmed", Align::kRight},
               {"disputed", Align::kRight},
               {"graded"},
               {"external ids", Align::kLeft, Fit::kCut}});
  uint64_t small_samples = 0;
  for (const v1::SourceSummary& source : response.sources()) {
    const std::string heads = source.head_count() > 0 ? model::Concat("no, ", source.head_count(), " people") : "no";
    const bool named = !source.anonymous() && !source.name().empty();
    const v1::TrackRecord& record = source.track_record();
    if (record.assertions() < kSmallSample) ++small_samples;
    table.AddRow({ShortId(source.id()), source.name().empty() ? "(unnamed)" : source.name(),
                  absl::AsciiStrToLower(v1::Source::Kind_Name(source.kind())), named ? "yes" : heads,
                  source.affiliation(), model::Concat(source.assertions()),
                  record.newest_only() ? FormatSample(record) : "", model::Concat(record.counted()),
                  model::Concat(record.retracted()), model::Concat(record.undermined()),
                  model::Concat(record.confirmed()), model::Concat(record.disputed()), LastGrade(record),
                  absl::StrJoin(source.external_ids(), ", ")});
  }
  return table.Format(StandardOutput().columns) +
         ScopeLine(response.sources_size(), "source", "sources", response.as_of(), response.scope()) +
         (small_samples == 0
              ? ""
              : model::Concat(Counted(small_samples, "source", "sources"), " with a small sample, below ", kSmallSample,
                              " assertions: it says little\n"));
}

absl::Status ListSources(const GlobalOptions& options, const NamesArguments& arguments) {
  absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  v1::ListSourcesRequest request;
  request.set_name_contains(arguments.name_contains);
  *request.mutable_as_of() = reading->as_of;
  Listing<v1::ListSourcesResponse, v1::SourceSummary> listing;
  listing.limit = arguments.limit;
  listing.fetch = PageFetcher(*reading->connection, &v1::ViewService::Stub::ListSources, request);
  listing.items = [](v1::ListSourcesResponse& response) { return response.mutable_sources(); };
  listing.format_table = FormatSources;
  return PrintListing(listing, options.format);
}

void AddClaims(Program& program) {
  const auto claims = std::make_shared<ClaimsArguments>();
  CLI::App& command = AddCommand(program, program.app, "claims", "List assertions, newest first, with filters",
                                 "  sworn claims --from China --category materiel\n"
                                 "  sworn claims --source Reuters --limit 0 --format ndjson\n"
                                 "  sworn claims --from China --to Russia --grouped",
                                 [&program, claims] { return ListClaims(program.options, *claims); });
  command.add_option("--from", claims->from, "Subject: a name, an external id or an id")->type_name("ENTITY");
  command.add_option("--to", claims->to, "Object")->type_name("ENTITY");
  command.add_option("--category", claims->category, "A category and everything below it")->type_name("PATH");
  CLI::Option* polarity =
      command.add_option("--polarity", claims->polarity, "affirms, denies or finds-no-evidence")->type_name("WORD");
  CLI::Option* source =
      command.add_option("--source", claims->source, "A source anywhere in the attribution")->type_name("SOURCE");
  command.add_option("--as-of", claims->as_of, "As the record stood then")->type_name("P|TIME");
  command.add_option("--valid-at", claims->valid_at, "What held in the world then")->type_name("DATE");
  CLI::Option* retracted =
      command.add_flag("--include-retracted", claims->include_retracted, "Also those that no longer count");
  command.add_flag("--grouped", claims->grouped, "What makes one claim held together: how well it is corroborated")
      ->excludes(polarity)
      ->excludes(source)
      ->excludes(retracted);
  command.add_option("--limit", claims->limit, "At most so many; 0 for all")->type_name("N")->capture_default_str();
}

void AddNameOptions(CLI::App& command, NamesArguments& arguments) {
  command.add_option("NAME", arguments.name_contains, "Part of a name, in any case")->type_name("");
  command.add_option("--as-of", arguments.as_of, "As the record stood then")->type_name("P|TIME");
  command.add_option("--limit", arguments.limit, "At most so many; 0 for all")->type_name("N")->capture_default_str();
}

}  // namespace

void AddListingCommands(Program& program) {
  AddClaims(program);
  AddContradictionsCommand(program);
  const auto entities = std::make_shared<NamesArguments>();
  CLI::App& entities_command =
      AddCommand(program, program.app, "entities", "List what assertions are about", "  sworn entities china",
                 [&program, entities] { return ListEntities(program.options, *entities); });
  AddNameOptions(entities_command, *entities);
  entities_command.add_option("--kind", entities->kind, "Only of this kind: country, malware …")->type_name("WORD");
  const auto sources = std::make_shared<NamesArguments>();
  AddNameOptions(AddCommand(program, program.app, "sources", "List who and what says things", "  sworn sources reuters",
                            [&program, sources] { return ListSources(program.options, *sources); }),
                 *sources);
}

}  // namespace sworn::cli
