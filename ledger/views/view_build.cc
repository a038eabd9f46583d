#include "ledger/views/view_build.h"

#include <algorithm>
#include <charconv>
#include <memory>

#include "ledger/model/refusal.h"
#include "ledger/views/text.h"

namespace sworn::views {
namespace {

std::string StatePrefix(std::string_view view_name) { return Concat("state/", view_name, "/"); }
std::string ServingKey(std::string_view view_name) { return Concat("serving/", view_name); }

std::optional<uint32_t> ParseNumber(std::string_view text) {
  uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return number;
}

std::optional<ViewBuild> ParseBuildName(std::string_view name) {
  const size_t point = name.find('.');
  const std::optional<uint32_t> version = ParseNumber(name.substr(0, point));
  const std::optional<uint32_t> generation =
      point == std::string_view::npos ? std::optional<uint32_t>(0) : ParseNumber(name.substr(point + 1));
  if (!version.has_value() || !generation.has_value()) return std::nullopt;
  return ViewBuild{*version, *generation};
}

}  // namespace

std::string BuildName(ViewBuild build) {
  return build.generation == 0 ? Concat(build.version) : Concat(build.version, ".", build.generation);
}

std::string RowSpaceOf(std::string_view view_name, ViewBuild build) {
  return Concat(view_name, "/", BuildName(build), "/");
}

std::string StateKeyOf(std::string_view view_name, ViewBuild build) {
  return Concat(StatePrefix(view_name), BuildName(build));
}

absl::StatusOr<std::vector<ViewBuild>> ListBuilds(const journal::RowSnapshot& snapshot, std::string_view view_name) {
  const std::string prefix = StatePrefix(view_name);
  std::vector<ViewBuild> builds;
  absl::Status scanned = snapshot.Scan(prefix, "", [&](std::string_view key, std::string_view) {
    const std::optional<ViewBuild> build = ParseBuildName(key.substr(prefix.size()));
    if (build.has_value()) builds.push_back(*build);
    return true;
  });
  if (!scanned.ok()) return scanned;
  std::sort(builds.begin(), builds.end());
  return builds;
}

absl::StatusOr<std::optional<ViewBuild>> ReadServing(const journal::RowSnapshot& snapshot, std::string_view view_name) {
  const absl::StatusOr<std::optional<std::string>> name = snapshot.Get(ServingKey(view_name));
  if (!name.ok()) return name.status();
  if (!name->has_value()) return std::nullopt;
  const std::optional<ViewBuild> build = ParseBuildName(**name);
  if (build.has_value()) return build;
  return model::Refuse(v1::Refusal::DAMAGED, Concat("what is stored about which rows of view ", view_name,
                                                    " answer is damaged; delete the views to rebuild them"));
}

absl::Status SetServing(std::string_view view_name, ViewBuild build, journal::RowStore& store) {
  const std::unique_ptr<journal::RowBatch> batch = store.NewBatch();
  batch->Put(ServingKey(view_name), BuildName(build));
  return store.Commit(*batch);
}

absl::Status DeleteBuild(std::string_view view_name, ViewBuild build, journal::RowStore& store) {
  // The state goes last: it is what the rows are found by.
  if (absl::Status status = store.DeletePrefix(RowSpaceOf(view_name, build)); !status.ok()) return status;
  const std::unique_ptr<journal::RowBatch> batch = store.NewBatch();
  batch->Delete(StateKeyOf(view_name, build));
  return store.Commit(*batch);
}

}  // namespace sworn::views
