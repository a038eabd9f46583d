// The questions that the views answer, answered by PostgreSQL. Where its library is not installed nothing is measured,
// and that is said.
//
// Thread-safety: safe to call from any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "ledger/journal/journal.h"
#include "tests/bench/questions.h"

namespace sworn::bench {

// Sets a server up in a new directory of `parent`, loads the log into it, puts the questions to it ("postgres_…", and
// "postgres_counts_…" for a table of counts), and compares its answers with those of `views`. Unimplemented where this
// program was built without PostgreSQL.
absl::Status CompareWithPostgres(const std::string& parent, const std::string& binaries,
                                 const journal::Journal& journal, const Questions& questions, Answers& views,
                                 nlohmann::ordered_json& figures);

}  // namespace sworn::bench
