// Measures a server over a loaded ledger: start, catch-up of the views, support queries over the in-process channel,
// and the memory the process takes.
//
//   server_bench --ledger DIR [--queries N] [--clients N] [--json FILE]
//
// Prints a table, and writes JSON to FILE or after the table. Only reads the ledger; the views catch up as always.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "api/server.h"
#include "api/status.h"
#include "sworn/v1/ledger_service.grpc.pb.h"
#include "sworn/v1/view_service.grpc.pb.h"
#include "tests/bench/figures.h"
#include "tests/bench/machine.h"

namespace sworn::bench {
namespace {

constexpr double kGoalStart_ms = 1'000;
constexpr double kGoalQuery_p99_ms = 2;
constexpr uint32_t kPageSize = 1'000;

struct Options {
  std::string ledger;
  size_t queries = 20'000;
  size_t clients = 1;
  std::string json;
};

using Pair = std::pair<std::string, std::string>;

struct Latencies {
  double per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double max_ms = 0;
};

double MillisecondsSince(absl::Time start) { return absl::ToDoubleMilliseconds(absl::Now() - start); }

// "VmRSS", "VmHWM" of this process, in MB.
double MemoryMegabytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind(name + ":", 0) == 0) return std::stod(line.substr(name.size() + 1)) * 1'024 / 1e6;
  }
  return 0;
}

absl::Status WaitForViews(v1::ViewService::Stub& stub) {
  while (true) {
    grpc::ClientContext context;
    v1::ListViewsResponse views;
    const grpc::Status status = stub.ListViews(&context, {}, &views);
    if (!status.ok()) return api::FromGrpcStatus(status);
    bool current = true;
    for (const v1::ViewStatus& view : views.views()) {
      if (view.state() == v1::ViewStatus::FAILED) return absl::InternalError(view.name() + ": " + view.last_error());
      current = current && view.next_position() >= views.log_size();
    }
    if (current) return absl::OkStatus();
    absl::SleepFor(absl::Milliseconds(1));
  }
}

// Who is said to support whom anywhere in the ledger, by name.
absl::StatusOr<std::vector<Pair>> FindPairs(v1::ViewService::Stub& stub, uint64_t& claims) {
  std::set<Pair> pairs;
  v1::ListClaimsRequest request;
  request.set_page_size(kPageSize);
  do {
    grpc::ClientContext context;
    v1::ListClaimsResponse page;
    const grpc::Status status = stub.ListClaims(&context, request, &page);
    if (!status.ok()) return api::FromGrpcStatus(status);
    claims += static_cast<uint64_t>(page.claims_size());
    for (const v1::Claim& claim : page.claims()) pairs.emplace(claim.subject(), claim.object());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return std::vector<Pair>(pairs.begin(), pairs.end());
}

absl::Status Ask(v1::ViewService::Stub& stub, const Pair& pair) {
  grpc::ClientContext context;
  v1::GetSupportRequest request;
  request.set_from(pair.first);
  request.set_to(pair.second);
  v1::GetSupportResponse response;
  return api::FromGrpcStatus(stub.GetSupport(&context, request, &response));
}

// Pairs whose names mean one entity each, spread evenly over all.
std::vector<Pair> PairsThatAnswer(v1::ViewService::Stub& stub, const std::vector<Pair>& pairs, size_t count) {
  std::vector<Pair> chosen;
  const size_t step = std::max<size_t>(1, pairs.size() / count);
  for (size_t i = 0; i < pairs.size() && chosen.size() < count; i += step) {
    if (Ask(stub, pairs[i]).ok()) chosen.push_back(pairs[i]);
  }
  return chosen;
}

template <typename Call>
absl::StatusOr<Latencies> Measure(size_t calls, size_t clients, const Call& call) {
  std::vector<double> latencies_ms(calls);
  std::vector<absl::Status> outcomes(clients);
  std::vector<std::thread> threads;
  const absl::Time start = absl::Now();
  for (size_t client = 0; client < clients; ++client) {
    threads.emplace_back([&, client] {
      for (size_t i = client; i < calls && outcomes[client].ok(); i += clients) {
        const absl::Time sent = absl::Now();
        outcomes[client] = call(i);
        latencies_ms[i] = MillisecondsSince(sent);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  for (const absl::Status& outcome : outcomes) {
    if (!outcome.ok()) return outcome;
  }
  std::sort(latencies_ms.begin(), latencies_ms.end());
  return Latencies{static_cast<double>(calls) / seconds, latencies_ms[calls / 2], latencies_ms[calls * 99 / 100],
                   latencies_ms.back()};
}

void Add(nlohmann::ordered_json& figures, const std::string& name, const Latencies& latencies) {
  figures[name + "_per_second"] = latencies.per_second;
  figures[name + "_p50_ms"] = latencies.p50_ms;
  figures[name + "_p99_ms"] = latencies.p99_ms;
  figures[name + "_max_ms"] = latencies.max_ms;
}

absl::StatusOr<nlohmann::ordered_json> MeasureServer(const Options& options) {
  const Machine machine = DescribeMachine(options.ledger);
  const absl::Time start = absl::Now();
  api::ServerOptions server_options;
  server_options.ledger_directory = options.ledger;
  absl::StatusOr<std::unique_ptr<api::Server>> server = api::Server::Start(std::move(server_options));
  if (!server.ok()) return server.status();
  const double start_ms = MillisecondsSince(start);
  const std::shared_ptr<grpc::Channel> channel = (*server)->InProcessChannel();
  const auto views = v1::ViewService::NewStub(channel);
  const auto ledger = v1::LedgerService::NewStub(channel);
  if (const absl::Status current = WaitForViews(*views); !current.ok()) return current;
  nlohmann::ordered_json figures = FiguresOf(machine);
  figures["clients"] = options.clients;
  figures["queries"] = options.queries;
  figures["start_ms"] = start_ms;
  figures["goal_start_ms"] = kGoalStart_ms;
  figures["views_current_ms"] = MillisecondsSince(start);
  const absl::StatusOr<Latencies> calls = Measure(options.queries, options.clients, [&](size_t) {
    grpc::ClientContext context;
    v1::GetLedgerResponse response;
    return api::FromGrpcStatus(ledger->GetLedger(&context, {}, &response));
  });
  if (!calls.ok()) return calls.status();
  Add(figures, "empty_call", *calls);

  uint64_t claims = 0;
  const absl::StatusOr<std::vector<Pair>> all_pairs = FindPairs(*views, claims);
  if (!all_pairs.ok()) return all_pairs.status();
  const std::vector<Pair> pairs = PairsThatAnswer(*views, *all_pairs, options.queries);
  figures["claims"] = claims;
  figures["pairs"] = all_pairs->size();
  figures["pairs_asked"] = pairs.size();
  if (pairs.empty()) return absl::FailedPreconditionError("the ledger holds no pair of entities to ask about");
  const absl::StatusOr<Latencies> support =
      Measure(options.queries, options.clients, [&](size_t i) { return Ask(*views, pairs[i % pairs.size()]); });
  if (!support.ok()) return support.status();
  Add(figures, "support", *support);
  figures["goal_support_p99_ms"] = kGoalQuery_p99_ms;
  figures["memory_mb"] = MemoryMegabytes("VmRSS");
  figures["memory_peak_mb"] = MemoryMegabytes("VmHWM");
  return figures;
}

void Print(const nlohmann::ordered_json& figures) {
  const FigureLabels labels = {
      {"start_ms", "start, ms"},
      {"goal_start_ms", "goal"},
      {"views_current_ms", "views current after, ms"},
      {"claims", "claims that count"},
      {"pairs", "pairs of entities"},
      {"pairs_asked", "pairs asked about"},
      {"clients", "clients at once"},
      {"empty_call_p50_ms", "call without work, median, ms"},
      {"empty_call_p99_ms", "call without work, 99th percentile, ms"},
      {"support_p50_ms", "support query, median, ms"},
      {"support_p99_ms", "support query, 99th percentile, ms"},
      {"goal_support_p99_ms", "goal"},
      {"support_max_ms", "support query, slowest, ms"},
      {"support_per_second", "support queries per second"},
      {"memory_mb", "resident memory, MB"},
      {"memory_peak_mb", "resident memory at its peak, MB"},
  };
  PrintFigures(figures, labels);
}

int Run(int argc, char** argv) {
  Options options;
  CLI::App app{"Measures a server over a loaded ledger."};
  app.add_option("--ledger", options.ledger, "Directory of the ledger")->required();
  app.add_option("--queries", options.queries, "Support queries to make")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  app.add_option("--clients", options.clients, "Threads that ask")->check(CLI::Range(1, 1'000))->capture_default_str();
  app.add_option("--json", options.json, "File for the figures; standard output where it is not given");
  CLI11_PARSE(app, argc, argv);
  return Conclude(MeasureServer(options), &Print, options.json);
}

}  // namespace
}  // namespace sworn::bench

int main(int argc, char** argv) { return sworn::bench::Run(argc, argv); }
