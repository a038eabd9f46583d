// watch: what each entry changes, as it is recorded.
#include <grpcpp/client_context.h>

#include <memory>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_join.h"
#include "api/status.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/interruption.h"
#include "cli/text.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

struct WatchArguments {
  std::string from;
  std::string to;
  std::optional<uint64_t> after;
  bool all = false;
  // 0: until interrupted.
  uint64_t count = 0;
};

// What became of an assertion.
std::string DescribeChange(const v1::AssertionChange& change) {
  const v1::ClaimState& now = change.claim().state();
  const std::string after = now.retracted() ? "retracted" : now.undermined() ? "undermined" : "";
  if (!change.has_before()) return after.empty() ? "recorded" : model::Concat("recorded, ", after);
  if (change.before().retracted() == now.retracted() && change.before().undermined() == now.undermined() &&
      change.before().counted() == now.counted()) {
    return "judged";
  }
  if (after.empty()) return "counts again";
  return now.counted() ? model::Concat(after, ", still counted") : after;
}

std::string FormatAssertionChange(const v1::AssertionChange& change) {
  const v1::Claim& claim = change.claim();
  const std::string what = DescribeChange(change);
  const Style style = what == "recorded" || what == "counts again" ? Style::kGreen : Style::kYellow;
  return model::Concat("    ", Styled(what, style), "  ", ShortId(claim.id()), "  ", Printable(claim.subject()), " ",
                       Printable(claim.predicate()), " ", Printable(claim.object()), "  ", Printable(claim.category()),
                       "  ", v1::Assertion::Polarity_Name(claim.polarity()), "  ",
                       Printable(absl::StrJoin(claim.attribution(), " → ")), "  ", Printable(claim.statement()), "\n");
}

std::string FormatChanges(const v1::EntryChanges& changes) {
  std::string text = model::Concat(changes.position(), "  ", FormatTimestamp(changes.recorded_at()), "  ",
                                   ShortId(changes.report_id()), "  ", Printable(changes.author()), "  ",
                                   Printable(changes.contents()), "\n");
  for (const v1::AssertionChange& change : changes.assertions()) text += FormatAssertionChange(change);
  if (changes.more()) text += model::Concat("    … and more: sworn show ", ShortId(changes.report_id()), "\n");
  return text;
}

v1::WatchRequest RequestOf(const WatchArguments& arguments) {
  v1::WatchRequest request;
  request.set_from(arguments.from);
  request.set_to(arguments.to);
  if (arguments.all) request.set_from_position(0);
  if (arguments.after.has_value()) request.set_from_position(*arguments.after + 1);
  return request;
}

// How the same is watched from where it ended.
std::string Continuation(const WatchArguments& arguments, uint64_t next_position) {
  const auto option = [](std::string_view name, const std::string& value) {
    return value.empty() ? "" : model::Concat(" ", name, " '", Printable(value), "'");
  };
  return model::Concat("go on with: sworn watch", option("--from", arguments.from), option("--to", arguments.to),
                       next_position == 0 ? " --all" : model::Concat(" --after ", next_position - 1));
}

absl::Status Print(const v1::WatchResponse& response, Format format) {
  if (format == Format::kNdjson) return PrintJson(response, format);
  return response.has_changes() ? PrintRaw(FormatChanges(response.changes())) : absl::OkStatus();
}

absl::Status Watch(const GlobalOptions& options, const WatchArguments& arguments) {
  if (options.format == Format::kJson) {
    return absl::InvalidArgumentError("watch never ends, so it prints no one document; take --format ndjson");
  }
  grpc::ClientContext context;
  const Interruption interruption([&context] { context.TryCancel(); });
  const absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  if ((*connection)->is_in_process()) {
    Tell("no daemon serves this ledger, so nothing will be recorded while this runs: start sworn serve first");
  }
  const std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> stream =
      (*connection)->views().Watch(&context, RequestOf(arguments));
  absl::Status printed;
  std::optional<uint64_t> next_position;
  uint64_t shown = 0;
  v1::WatchResponse response;
  while (printed.ok() && (arguments.count == 0 || shown < arguments.count) && stream->Read(&response)) {
    printed = Print(response, options.format);
    next_position = response.next_position();
    shown += response.has_changes() ? 1 : 0;
  }
  const bool is_done = !printed.ok() || (arguments.count != 0 && shown == arguments.count);
  if (is_done) context.TryCancel();
  const grpc::Status ended = stream->Finish();
  if (next_position.has_value()) Tell(Continuation(arguments, *next_position));
  if (is_done || interruption.happened()) return printed;
  return api::FromGrpcStatus(ended);
}

}  // namespace

void AddWatchCommand(Program& program) {
  const auto watch = std::make_shared<WatchArguments>();
  CLI::App& command =
      AddCommand(program, program.app, "watch", "Show what each entry changes, as it is recorded, until interrupted",
                 "  sworn watch\n"
                 "  sworn watch --from China --to Russia\n"
                 "  sworn watch --after 120 --format ndjson      (go on where it ended)\n"
                 "  sworn watch --all --count 10",
                 [&program, watch] { return Watch(program.options, *watch); });
  command.add_option("--from", watch->from, "Only assertions whose subject this is: an entity, or group:…")
      ->type_name("NAME");
  command.add_option("--to", watch->to, "Only assertions whose object this is")->type_name("NAME");
  CLI::Option* after =
      command.add_option("--after", watch->after, "Begin with the entry after this one; else with the next to come")
          ->type_name("POSITION")
          ->check(CLI::Range(uint64_t{0}, UINT64_MAX - 1));
  command.add_flag("--all", watch->all, "Begin with the first entry")->excludes(after);
  command.add_option("--count", watch->count, "End after so many entries; 0: never")->type_name("N");
}

}  // namespace sworn::cli
