// Measures searches over very many names, and the track record of a source that very much is attributed to. Rows are
// kept in memory, apart from the engine and gRPC.
//
//   search_bench [--names N] [--searches N] [--assertions N] [--json FILE]
//
// Prints a table, and writes JSON to FILE or after the table.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "ledger/journal/rocksdb/row_store.h"
#include "ledger/model/text.h"
#include "ledger/views/provenance.h"
#include "ledger/views/search.h"
#include "ledger/views/support.h"
#include "ledger/views/versioned_rows.h"
#include "tests/bench/figures.h"
#include "tests/bench/seeded_draws.h"

namespace sworn::bench {
namespace {

constexpr size_t kPortionsPerReport = 100;
constexpr std::string_view kRowSpace = "bench/1/";

struct Options {
  size_t names = 100'000;
  size_t searches = 1'000;
  size_t assertions = 100'000;
  std::string json;
};

// One view, folded report by report.
class FoldedRows {
 public:
  static absl::StatusOr<std::unique_ptr<FoldedRows>> Make() {
    absl::StatusOr<std::unique_ptr<journal::RowStore>> store = journal::RowStore::OpenInMemory();
    if (!store.ok()) return store.status();
    return std::unique_ptr<FoldedRows>(new FoldedRows(*std::move(store)));
  }

  absl::Status Record(const views::View& view, const std::vector<v1::Portion>& portions) {
    views::Event event;
    event.position = size_++;
    event.recorded_at = absl::FromUnixSeconds(static_cast<int64_t>(event.position));
    event.author = "author";
    event.report.report_id = crypto::Sha256(model::Concat("report ", event.position));
    event.report.header.set_author_key_id(std::string(32, 'k'));
    for (size_t i = 0; i < portions.size(); ++i) {
      event.report.portion_ids.push_back(crypto::Sha256(model::Concat(event.position, "/", i)));
      event.report.portions.emplace_back(portions[i]);
    }
    const std::unique_ptr<journal::RowBatch> batch = store_->NewBatch();
    views::VersionedWriter writer(*batch, std::string(kRowSpace));
    writer.set_position(event.position);
    if (absl::Status status = view.Apply(event, writer); !status.ok()) return status;
    return store_->Commit(*batch);
  }

  uint64_t last_position() const { return size_ - 1; }
  views::ViewRead ReadAt(uint64_t position) const {
    views::ViewRead read;
    read.rows = std::make_unique<views::VersionedReader>(store_->Snapshot(), std::string(kRowSpace), position);
    read.as_of.set_position(position);
    return read;
  }

 private:
  explicit FoldedRows(std::unique_ptr<journal::RowStore> store) : store_(std::move(store)) {}

  std::unique_ptr<journal::RowStore> store_;
  uint64_t size_ = 0;
};

std::string DrawWord(SeededDraws& draws) {
  static const std::vector<std::string> kSyllables = {
      "ba",  "chen", "dor", "eva", "fi", "gra", "hol", "ist", "jin", "kov", "lan", "mir", "nor", "os",  "pet",
      "qua", "ros",  "sta", "tan", "uk", "van", "wei", "xi",  "yar", "zhu", "al",  "ber", "cor", "din", "el"};
  std::string word;
  for (uint64_t i = 2 + draws.Below(3); i > 0; --i) word += draws.OneOf(kSyllables);
  return word;
}

absl::StatusOr<std::vector<std::string>> RecordNames(size_t count, SeededDraws& draws, FoldedRows& rows) {
  std::vector<std::string> names;
  std::vector<v1::Portion> portions;
  while (names.size() < count) {
    names.push_back(model::Concat(DrawWord(draws), " ", DrawWord(draws)));
    v1::Portion portion;
    portion.mutable_entity()->set_name(names.back());
    portion.mutable_entity()->add_external_ids(model::Concat("bench:Q", names.size()));
    portions.push_back(std::move(portion));
    if (portions.size() < kPortionsPerReport && names.size() < count) continue;
    if (absl::Status status = rows.Record(views::ProvenanceView(), portions); !status.ok()) return status;
    portions.clear();
  }
  return names;
}

// Adds the median and the 99th percentile of the times, in ms, under `name`.
void AddQuantiles(std::vector<double> times_ms, const std::string& name, nlohmann::ordered_json& figures) {
  std::sort(times_ms.begin(), times_ms.end());
  figures[name + "_p50_ms"] = times_ms[times_ms.size() / 2];
  figures[name + "_p99_ms"] = times_ms[times_ms.size() * 99 / 100];
}

// How a name is searched for.
using Distort = std::string (*)(const std::string& name, SeededDraws& draws);

std::string Whole(const std::string& name, SeededDraws& /*draws*/) { return name; }
std::string Beginning(const std::string& name, SeededDraws& /*draws*/) { return name.substr(0, 3); }
std::string LastWord(const std::string& name, SeededDraws& /*draws*/) { return name.substr(name.find(' ') + 1); }
std::string Exchanged(std::string name, SeededDraws& draws) {
  const size_t place = draws.Below(name.size() - 1);
  std::swap(name[place], name[place + 1]);
  return name;
}
std::string ShortMistake(const std::string& name, SeededDraws& draws) { return Exchanged(name.substr(0, 6), draws); }
std::string TwoMistakes(const std::string& name, SeededDraws& draws) {
  return Exchanged(Exchanged(name, draws), draws);
}

absl::Status MeasureSearches(const std::string& label, Distort distort, const std::vector<std::string>& names,
                             size_t count, const views::ViewRead& view, nlohmann::ordered_json& figures) {
  SeededDraws draws(7);
  std::vector<double> times_ms;
  size_t found = 0;
  for (size_t i = 0; i < count; ++i) {
    v1::SearchRequest request;
    request.set_text(distort(draws.OneOf(names), draws));
    const absl::Time start = absl::Now();
    const absl::StatusOr<v1::SearchResponse> response = views::Search(view, request);
    times_ms.push_back(absl::ToDoubleMilliseconds(absl::Now() - start));
    if (!response.ok()) return response.status();
    if (!response->hits().empty()) ++found;
  }
  figures[label + "_found"] = static_cast<double>(found) / static_cast<double>(count);
  AddQuantiles(std::move(times_ms), label, figures);
  return absl::OkStatus();
}

absl::Status MeasureNames(const Options& options, nlohmann::ordered_json& figures) {
  const absl::StatusOr<std::unique_ptr<FoldedRows>> rows = FoldedRows::Make();
  if (!rows.ok()) return rows.status();
  SeededDraws draws(1);
  const absl::Time start = absl::Now();
  const absl::StatusOr<std::vector<std::string>> names = RecordNames(options.names, draws, **rows);
  if (!names.ok()) return names.status();
  figures["names"] = names->size();
  figures["fold_per_second"] = static_cast<double>(names->size()) / absl::ToDoubleSeconds(absl::Now() - start);
  const std::vector<std::pair<std::string, Distort>> ways = {{"whole", Whole},
                                                             {"beginning", Beginning},
                                                             {"last_word", LastWord},
                                                             {"short_mistake", ShortMistake},
                                                             {"two_mistakes", TwoMistakes}};
  const uint64_t last = (*rows)->last_position();
  for (const auto& [label, distort] : ways) {
    absl::Status status = MeasureSearches(label, distort, *names, options.searches, (*rows)->ReadAt(last), figures);
    if (!status.ok()) return status;
  }
  return MeasureSearches("two_mistakes_half_way", TwoMistakes, *names, std::max<size_t>(options.searches / 10, 10),
                         (*rows)->ReadAt(last / 2), figures);
}

v1::Reference NamedBy(const std::string& external_id) {
  v1::Reference reference;
  reference.set_external_id(external_id);
  return reference;
}

absl::Status MeasureRecord(const Options& options, nlohmann::ordered_json& figures) {
  const absl::StatusOr<std::unique_ptr<FoldedRows>> rows = FoldedRows::Make();
  if (!rows.ok()) return rows.status();
  v1::Portion assertion;
  *assertion.mutable_assertion()->mutable_subject()->mutable_entity() = NamedBy("bench:A");
  *assertion.mutable_assertion()->mutable_object()->mutable_entity() = NamedBy("bench:B");
  assertion.mutable_assertion()->set_category("funding");
  *assertion.mutable_assertion()->add_attribution()->mutable_source() = NamedBy("bench:S");
  for (size_t recorded = 0; recorded < options.assertions; recorded += kPortionsPerReport) {
    const std::vector<v1::Portion> portions(kPortionsPerReport, assertion);
    if (absl::Status status = (*rows)->Record(views::SupportView(), portions); !status.ok()) return status;
  }
  v1::ListSourcesRequest one;
  one.set_source("bench:S");
  for (const auto& [label, request] :
       {std::pair("record", one), std::pair("listed_record", v1::ListSourcesRequest())}) {
    std::vector<double> times_ms;
    for (int i = 0; i < 20; ++i) {
      const absl::Time start = absl::Now();
      const absl::StatusOr<v1::ListSourcesResponse> response =
          views::ListSources((*rows)->ReadAt((*rows)->last_position()), request);
      times_ms.push_back(absl::ToDoubleMilliseconds(absl::Now() - start));
      if (!response.ok()) return response.status();
      figures["source_assertions"] = response->sources(0).assertions();
    }
    AddQuantiles(std::move(times_ms), label, figures);
  }
  return absl::OkStatus();
}

absl::StatusOr<nlohmann::ordered_json> Measure(const Options& options) {
  nlohmann::ordered_json figures = FiguresOf(DescribeMachine(std::filesystem::temp_directory_path().string()));
  if (absl::Status status = MeasureNames(options, figures); !status.ok()) return status;
  if (absl::Status status = MeasureRecord(options, figures); !status.ok()) return status;
  return figures;
}

void Print(const nlohmann::ordered_json& figures) {
  const FigureLabels labels = {
      {"names", "entities, each with a name of two words and an external id"},
      {"fold_per_second", "folded by the provenance view, per second"},
      {"whole_p50_ms", "a whole name, median, ms"},
      {"whole_p99_ms", "a whole name, p99, ms"},
      {"beginning_p50_ms", "its first three letters, median, ms"},
      {"beginning_p99_ms", "its first three letters, p99, ms"},
      {"last_word_p50_ms", "its last word, median, ms"},
      {"last_word_p99_ms", "its last word, p99, ms"},
      {"short_mistake_p50_ms", "six letters with a mistake, median, ms"},
      {"short_mistake_p99_ms", "six letters with a mistake, p99, ms"},
      {"two_mistakes_p50_ms", "a whole name with two, median, ms"},
      {"two_mistakes_p99_ms", "a whole name with two, p99, ms"},
      {"two_mistakes_found", "of these found"},
      {"two_mistakes_half_way_p50_ms", "the same as of half of the log, median, ms"},
      {"two_mistakes_half_way_p99_ms", "the same as of half of the log, p99, ms"},
      {"source_assertions", "assertions of one source"},
      {"record_p50_ms", "its track record, median, ms"},
      {"record_p99_ms", "its track record, p99, ms"},
      {"listed_record_p50_ms", "its line in a list, median, ms"},
      {"listed_record_p99_ms", "its line in a list, p99, ms"},
  };
  PrintFigures(figures, labels);
}

int Run(int argc, char** argv) {
  Options options;
  CLI::App app{"Measures searches over very many names, and the track record of one source."};
  app.add_option("--names", options.names, "Names to search")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  app.add_option("--searches", options.searches, "Searches of each sort")
      ->check(CLI::Range(10, 1'000'000))
      ->capture_default_str();
  app.add_option("--assertions", options.assertions, "Assertions of the source")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  app.add_option("--json", options.json, "File for the figures; standard output where it is not given");
  CLI11_PARSE(app, argc, argv);
  return Conclude(Measure(options), &Print, options.json);
}

}  // namespace
}  // namespace sworn::bench

int main(int argc, char** argv) { return sworn::bench::Run(argc, argv); }
