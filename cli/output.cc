#include "cli/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "google/protobuf/util/json_util.h"
#include "ledger/model/text.h"
#include "nlohmann/json.hpp"

namespace sworn::cli {
namespace {

std::string_view Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

Terminal DescribeStandardOutput() {
  Terminal terminal;
  terminal.is_terminal = isatty(STDOUT_FILENO) != 0;
  if (!terminal.is_terminal) return terminal;
  terminal.colours = Environment("NO_COLOR").empty() && Environment("TERM") != "dumb";
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) terminal.columns = size.ws_col;
  return terminal;
}

// True where the pager took the text.
bool PrintThroughPager(std::string_view text) {
  const std::string pager(Environment("PAGER").empty() ? "less -FRX" : Environment("PAGER"));
  // NOLINTNEXTLINE(cert-env33-c): the user's own pager, run as a shell would run it.
  FILE* pipe = popen(pager.c_str(), "w");
  if (pipe == nullptr) return false;
  const bool written = fwrite(text.data(), 1, text.size(), pipe) == text.size();
  const int exit_status = pclose(pipe);
  constexpr int kCommandNotFound = 127;
  // A pager that was quit early took what its reader wanted to see.
  return WEXITSTATUS(exit_status) != kCommandNotFound || !written;
}

}  // namespace

const Terminal& StandardOutput() {
  static const Terminal kTerminal = DescribeStandardOutput();
  return kTerminal;
}

bool StandardErrorIsTerminal() { return isatty(STDERR_FILENO) != 0; }

absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message, JsonLayout layout) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = layout == JsonLayout::kIndented;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok())
    return absl::InternalError(model::Concat("the answer cannot be printed as JSON: ", status.ToString()));
  if (json.empty() || json.back() != '\n') json += '\n';
  return json;
}

absl::Status PrintJson(const google::protobuf::Message& message, Format format) {
  absl::StatusOr<std::string> json =
      ToJson(message, format == Format::kNdjson ? JsonLayout::kOneLine : JsonLayout::kIndented);
  if (!json.ok()) return json.status();
  return PrintRaw(*json);
}

std::string FormatJson(const nlohmann::ordered_json& json, Format format) {
  const int indent = format == Format::kNdjson ? -1 : 1;
  return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

absl::Status PrintJson(const nlohmann::ordered_json& json, Format format) { return PrintRaw(FormatJson(json, format)); }

absl::Status PrintText(std::string_view text) {
  if (StandardOutput().is_terminal && PrintThroughPager(text)) return absl::OkStatus();
  return PrintRaw(text);
}

absl::Status PrintRaw(std::string_view text) {
  std::cout << text << std::flush;
  if (!std::cout) return absl::InternalError("standard output cannot be written");
  return absl::OkStatus();
}

void Tell(std::string_view line) { std::cerr << line << '\n'; }

}  // namespace sworn::cli
