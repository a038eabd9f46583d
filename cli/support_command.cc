// support: who supports whom with what, directly or indirectly, who says so, and what would change it.
#include "cli/support_command.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/portion_text.h"
#include "cli/support_text.h"
#include "cli/table.h"
#include "cli/view_reading.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

std::string FormatQuantities(const v1::SupportRow& row) {
  std::vector<std::string> texts;
  for (const v1::Quantity& quantity : row.quantities()) texts.push_back(FormatQuantity(quantity));
  return absl::StrJoin(texts, "; ");
}

std::string FormatSide(const std::string& name, const v1::SupportSide& side) {
  std::string text = model::Concat("\n", Styled(name, Style::kBold), ": ",
                                   Styled(v1::Support::Status_Name(side.status()), StyleOf(side.status())), "\n");
  using Align = Column::Align;
  Table table({{"category"},
               {"status"},
               {"affirms", Align::kRight},
               {"denies", Align::kRight},
               {"no evidence", Align::kRight},
               {"origins", Align::kRight},
               {"independent", Align::kRight},
               {"grade"},
               {"hinges on", Align::kLeft, Column::Fit::kCut},
               {"quantities", Align::kLeft, Column::Fit::kCut},
               {"code"}});
  for (const v1::SupportRow& row : side.rows()) {
    table.AddRow({row.category(), StatusCell(row.status()), model::Concat(row.affirms()), model::Concat(row.denies()),
                  model::Concat(row.finds_no_evidence()), FormatRange(row.origins()),
                  FormatRange(row.independent_origins()), row.best_grade(), absl::StrJoin(row.hinges(), ", "),
                  FormatQuantities(row), row.code()});
  }
  return text + table.Format(StandardOutput().columns);
}

std::string SideName(v1::Lens::SupportClass side) { return v1::Lens::SupportClass_Name(side); }

// One loss with all it changes: "materiel/machine-tools, space/capability: REPORTED → UNREPORTED".
struct Loss {
  std::string label;
  std::string id;
  // What becomes of the cells, in order of appearance: the change, and the cells it happens to.
  std::vector<std::pair<std::string, std::vector<std::string>>> changes;
};

void AddChange(const std::string& change, const std::string& cell, Loss& loss) {
  for (auto& [known, cells] : loss.changes) {
    if (known == change) return cells.push_back(cell);
  }
  loss.changes.push_back({change, {cell}});
}

// Whether the same loss empties the whole side, which says all there is to say about its rows.
bool SideFalls(const v1::GetSupportResponse& response, const v1::WouldChange& row) {
  return std::any_of(response.would_change().begin(), response.would_change().end(), [&row](const auto& other) {
    return other.category().empty() && other.loss() == row.loss() && other.id() == row.id() &&
           other.side() == row.side() && other.status_then() == v1::Support::UNREPORTED;
  });
}

std::vector<Loss> GroupByLoss(const v1::GetSupportResponse& response) {
  std::vector<Loss> losses;
  for (const v1::WouldChange& change : response.would_change()) {
    if (losses.empty() || losses.back().id != change.id()) {
      const bool is_source = change.loss() == v1::WouldChange::SOURCE_WITHDRAWN;
      losses.push_back(
          {model::Concat(is_source ? "without source " : "if retracted: ", change.label()), change.id(), {}});
    }
    if (!change.category().empty() && SideFalls(response, change)) continue;
    AddChange(model::Concat(v1::Support::Status_Name(change.status_now()), " → ",
                            v1::Support::Status_Name(change.status_then())),
              change.category().empty() ? "all of " + SideName(change.side()) : change.category(), losses.back());
  }
  return losses;
}

std::string FormatWouldChange(const v1::GetSupportResponse& response) {
  constexpr size_t kLabelColumns = 64;
  if (response.would_change().empty()) return "";
  Table table({{"loss of"}, {"id"}, {"changes", Column::Align::kLeft, Column::Fit::kCut}});
  for (const Loss& loss : GroupByLoss(response)) {
    std::vector<std::string> changes;
    for (const auto& [change, cells] : loss.changes) changes.push_back(absl::StrJoin(cells, ", ") + ": " + change);
    table.AddRow({CutToWidth(Printable(loss.label), kLabelColumns), ShortId(loss.id), absl::StrJoin(changes, "; ")});
  }
  return model::Concat("\n", Styled("what would change this", Style::kBold), "\n",
                       table.Format(StandardOutput().columns));
}

std::string FormatLensDifferences(const v1::GetSupportResponse& response) {
  if (!response.has_compared_lens()) return "";
  const std::string head =
      model::Concat("\n", Styled("compared with lens ", Style::kBold), Printable(response.compared_lens().name()), " v",
                    response.compared_lens().version(), "\n");
  if (response.lens_differences().empty()) return head + "no cell differs\n";
  Table table({{"cell"}, {response.lens().name()}, {response.compared_lens().name()}, {"because"}, {"and there"}});
  for (const v1::LensDifference& difference : response.lens_differences()) {
    if (difference.category().empty()) {
      table.AddRow({"all of " + SideName(difference.whole_side()), v1::Support::Status_Name(difference.status()),
                    v1::Support::Status_Name(difference.compared_status()), "", ""});
    } else {
      table.AddRow({difference.category(), SideName(difference.side()), SideName(difference.compared_side()),
                    difference.rule(), difference.compared_rule()});
    }
  }
  return head + table.Format(StandardOutput().columns);
}

// Who is in a group that was asked about.
std::string FormatMembers(const std::string& group, const google::protobuf::RepeatedPtrField<std::string>& members) {
  if (members.empty()) return "";
  return model::Concat(Printable(group), ": ", Printable(absl::StrJoin(members, ", ")), "\n");
}

std::string FormatSupport(const v1::GetSupportResponse& response) {
  std::string text = FormatSupportHead(response, response.valid_at());
  text += FormatMembers(response.from(), response.from_members()) + FormatMembers(response.to(), response.to_members());
  text += model::Concat(FormatSide(SideName(v1::Lens::DIRECT), response.direct()),
                        FormatSide(SideName(v1::Lens::INDIRECT), response.indirect()),
                        FormatSide(SideName(v1::Lens::UNASSIGNED), response.unassigned()), FormatWouldChange(response),
                        FormatLensDifferences(response));
  return text;
}

absl::Status GetSupport(const GlobalOptions& options, const SupportArguments& arguments) {
  absl::StatusOr<ViewReading> reading = OpenViews(options, arguments.as_of);
  if (!reading.ok()) return reading.status();
  Connection& connection = *reading->connection;
  v1::GetSupportRequest request;
  request.set_from(arguments.from);
  request.set_to(arguments.to);
  request.set_lens(arguments.lens);
  request.set_valid_at(arguments.valid_at);
  request.set_compare_lens(arguments.compare);
  *request.mutable_as_of() = reading->as_of;
  const auto response = connection.Call(connection.views(), &v1::ViewService::Stub::GetSupport, request);
  if (!response.ok()) return response.status();
  return options.format == Format::kTable ? PrintText(FormatSupport(*response)) : PrintJson(*response, options.format);
}

// One pair, its timeline, or everyone at the end that is not given.
absl::Status AnswerSupport(const GlobalOptions& options, const SupportArguments& arguments) {
  if (arguments.from.empty() && arguments.to.empty()) {
    return absl::InvalidArgumentError("who? give --from, --to or both");
  }
  if (arguments.from.empty() || arguments.to.empty()) return ListSupportPartners(options, arguments);
  return arguments.timeline ? ShowSupportTimeline(options, arguments) : GetSupport(options, arguments);
}

void AddLimits(CLI::App& command, SupportArguments& arguments) {
  command
      .add_option("--lens", arguments.lens,
                  "What counts as direct: officials (used if none is given), ucdp-derived, or one of sworn lens list")
      ->type_name("NAME");
  command.add_option("--as-of", arguments.as_of, "As the record stood then: a position, a day or a time (UTC)")
      ->type_name("P|TIME");
  command
      .add_option("--valid-at", arguments.valid_at, "What held in the world then: 2023, 2023-Q4, 2024-04, 2024-04-13")
      ->type_name("DATE");
  command.add_option("--limit", arguments.limit, "At most so many changes or entities; 0 for all")
      ->type_name("N")
      ->capture_default_str();
}

}  // namespace

void AddSupportCommand(Program& program) {
  const auto arguments = std::make_shared<SupportArguments>();
  CLI::App& command = AddCommand(program, program.app, "support",
                                 "Who supports whom: direct, indirect, who says so, what would change it",
                                 "  sworn support --from China --to Russia\n"
                                 "  sworn support --from China --to Russia --lens ucdp-derived --format json\n"
                                 "  sworn support --from China --to Russia --compare ucdp-derived\n"
                                 "  sworn support --from China --to Russia --as-of 2024-04-13 --valid-at 2023-Q4\n"
                                 "  sworn support --from China --to Russia --timeline --category materiel\n"
                                 "  sworn support --from \"group:China,Iran,North Korea\" --to Russia\n"
                                 "  sworn support --to Russia",
                                 [&program, arguments] { return AnswerSupport(program.options, *arguments); });
  CLI::Option* from = command.add_option("--from", arguments->from,
                                         "Who gives: a name, an external id (iso3166:CN), an id, or a group of them "
                                         "(group:A,B,C or group:LABEL); alone: all whom it supports");
  from->type_name("ENTITY");
  CLI::Option* to = command.add_option("--to", arguments->to, "Who receives; alone: all who support it");
  to->type_name("ENTITY");
  command.add_option("--compare", arguments->compare, "Also show where this lens differs, and why")
      ->needs(from)
      ->needs(to)
      ->type_name("NAME");
  CLI::Option* timeline =
      command.add_flag("--timeline", arguments->timeline, "Each change of a category, from the first entry on");
  timeline->needs(from)->needs(to);
  command.add_option("--category", arguments->category, "Of the timeline: a category and everything below it")
      ->needs(timeline)
      ->type_name("PATH");
  AddLimits(command, *arguments);
}

}  // namespace sworn::cli
