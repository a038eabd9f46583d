// Loads a log into PostgreSQL: a table for each thing, indexes for each question, and what is asked often worked out
// beforehand.
//
//   assertion_origin   the origins that stand behind an assertion, through all it was concluded from
//   cell               counts and origins of each pair, category and polarity, of the latest state
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "ledger/journal/journal.h"
#include "tests/bench/postgres_server.h"

namespace sworn::bench {

// Adds how long it took and how much disk it takes.
absl::Status LoadIntoPostgres(const journal::Journal& journal, const PostgresServer& server,
                              nlohmann::ordered_json& figures);

}  // namespace sworn::bench
