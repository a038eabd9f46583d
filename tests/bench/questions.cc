#include "tests/bench/questions.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <functional>
#include <utility>

#include "absl/time/clock.h"
#include "ledger/model/text.h"
#include "tests/bench/seeded_draws.h"

namespace sworn::bench {
namespace {

constexpr double kMaxSecondsOfKind = 15;
constexpr size_t kMinAsked = 5;
constexpr double kGoalLatest_ms = 2;
constexpr double kGoalAsOf_ms = 3;
constexpr double kGoalGraph_ms = 20;
// Answers of each kind that are compared: fewer about pairs that much is said of.
constexpr std::array<size_t, 6> kCompared = {400, 400, 30, 30, 1, 1};

SupportAnswer WithoutOrigins(SupportAnswer answer) {
  for (auto& [category, cell] : answer) cell.origins = 0;
  return answer;
}

double ProcessorMilliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

void AddQuantiles(const std::string& key, std::vector<double> values_ms, nlohmann::ordered_json& figures) {
  std::sort(values_ms.begin(), values_ms.end());
  figures[key + "_p50_ms"] = values_ms[values_ms.size() / 2];
  figures[key + "_p99_ms"] = values_ms[values_ms.size() * 99 / 100];
}

// Asks until all are asked, or for a while. What is not answered at all is left out.
absl::Status MeasureKind(const std::string& key, size_t count, const std::function<absl::Status(size_t)>& ask,
                         nlohmann::ordered_json& figures) {
  std::vector<double> latencies_ms;
  std::vector<double> processor_ms;
  const absl::Time start = absl::Now();
  for (size_t i = 0; i < count; ++i) {
    const absl::Time asked = absl::Now();
    if (i >= kMinAsked && absl::ToDoubleSeconds(asked - start) > kMaxSecondsOfKind) break;
    const double processor_before_ms = ProcessorMilliseconds();
    const absl::Status answered = ask(i);
    if (absl::IsUnimplemented(answered)) return absl::OkStatus();
    if (!answered.ok()) return answered;
    latencies_ms.push_back(absl::ToDoubleMilliseconds(absl::Now() - asked));
    processor_ms.push_back(ProcessorMilliseconds() - processor_before_ms);
  }
  std::fprintf(stderr, "%s: %zu asked\n", key.c_str(), latencies_ms.size());
  figures[key + "_asked"] = latencies_ms.size();
  AddQuantiles(key, std::move(latencies_ms), figures);
  AddQuantiles(key + "_processor", std::move(processor_ms), figures);
  return absl::OkStatus();
}

}  // namespace

const std::vector<Questions::Kind>& Questions::Kinds() {
  static const std::vector<Kind> kinds = {
      {"pair_latest", "support, pairs drawn evenly, latest", kGoalLatest_ms},
      {"pair_as_of", "support, pairs drawn evenly, as of", kGoalAsOf_ms},
      {"known_latest", "support, pairs as often as spoken of, latest", kGoalLatest_ms},
      {"known_as_of", "support, pairs as often as spoken of, as of", kGoalAsOf_ms},
      {"hot_latest", "support, the pair that holds a tenth, latest", kGoalLatest_ms},
      {"hot_as_of", "support, the pair that holds a tenth, as of", kGoalAsOf_ms},
      {"trace", "trace of a thousand nodes", kGoalGraph_ms},
      {"impact", "impact of a thousand nodes", kGoalGraph_ms},
  };
  return kinds;
}

absl::StatusOr<Questions> Questions::Draw(const LedgerShape& shape, const journal::Journal& journal, size_t count) {
  const std::vector<EntityPair> pairs = PairsOf(shape);
  const Zipf ranks(pairs.size() - 1, kPairExponent);
  SeededDraws draws(shape.seed + 2);
  const auto draw_evenly = [&] { return draws.OneOf(pairs); };
  const auto draw_known = [&] { return pairs[draws.Below(kHotEvery) == 0 ? 0 : 1 + ranks.Draw(draws)]; };
  const auto hot = [&] { return pairs.front(); };
  Questions questions;
  for (const std::function<EntityPair()>& draw :
       std::vector<std::function<EntityPair()>>{draw_evenly, draw_known, hot}) {
    std::vector<SupportQuestion> latest;
    std::vector<SupportQuestion> as_of;
    for (size_t i = 0; i < count; ++i) {
      latest.push_back({draw(), std::nullopt});
      as_of.push_back({latest.back().pair, journal.Size() / 2 + draws.Below(journal.Size() / 2)});
    }
    questions.support_.push_back(std::move(latest));
    questions.support_.push_back(std::move(as_of));
  }
  for (const uint64_t position : TreePositions(shape)) {
    const absl::StatusOr<journal::StoredEntry> tree = journal.Read(position);
    if (!tree.ok()) return tree.status();
    questions.trace_.push_back(tree->portions.back().id);
    questions.impact_.push_back(tree->portions.front().id);
  }
  return questions;
}

absl::Status Questions::Measure(const std::string& name, Answers& answers, nlohmann::ordered_json& figures) const {
  const auto key = [&](size_t kind) { return model::Concat(name, "_", Kinds()[kind].key); };
  for (size_t kind = 0; kind < support_.size(); ++kind) {
    const std::vector<SupportQuestion>& asked = support_[kind];
    absl::Status status = MeasureKind(
        key(kind), asked.size(), [&](size_t i) { return answers.Support(asked[i].pair, asked[i].position).status(); },
        figures);
    if (!status.ok()) return status;
  }
  const auto measure_graphs = [&](size_t kind, const std::vector<crypto::Hash>& ids, auto ask) {
    uint64_t nodes = 0;
    absl::Status status = MeasureKind(
        key(kind), support_.front().size(),
        [&](size_t i) -> absl::Status {
          const absl::StatusOr<uint64_t> answer = ask(ids[i % ids.size()]);
          if (answer.ok()) nodes = *answer;
          return answer.status();
        },
        figures);
    if (nodes > 0) figures[key(kind) + "_nodes"] = nodes;
    return status;
  };
  absl::Status status =
      measure_graphs(support_.size(), trace_, [&](const crypto::Hash& id) { return answers.Trace(id); });
  if (!status.ok()) return status;
  return measure_graphs(support_.size() + 1, impact_, [&](const crypto::Hash& id) { return answers.Impact(id); });
}

absl::Status Questions::Compare(Answers& left, Answers& right, nlohmann::ordered_json& figures) const {
  uint64_t compared = 0;
  uint64_t alike = 0;
  uint64_t origins_compared = 0;
  uint64_t origins_alike = 0;
  for (size_t kind = 0; kind < support_.size(); ++kind) {
    for (size_t i = 0; i < std::min(kCompared.at(kind), support_[kind].size()); ++i) {
      const SupportQuestion& question = support_[kind][i];
      const absl::StatusOr<SupportAnswer> ours = left.Support(question.pair, question.position);
      if (!ours.ok()) return ours.status();
      const absl::StatusOr<SupportAnswer> theirs = right.Support(question.pair, question.position);
      if (!theirs.ok()) return theirs.status();
      ++compared;
      alike += WithoutOrigins(*ours) == WithoutOrigins(*theirs) ? 1 : 0;
      if (question.position.has_value()) continue;
      ++origins_compared;
      origins_alike += *ours == *theirs ? 1 : 0;
    }
  }
  figures["compared"] = compared;
  figures["compared_alike"] = alike;
  figures["origins_compared"] = origins_compared;
  figures["origins_alike"] = origins_alike;
  return absl::OkStatus();
}

}  // namespace sworn::bench
