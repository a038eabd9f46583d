// CompareWithPostgres where the library of PostgreSQL is not installed.
#include "tests/bench/postgres_comparison.h"

namespace sworn::bench {

absl::Status CompareWithPostgres(const std::string& /*parent*/, const std::string& /*binaries*/,
                                 const journal::Journal& /*journal*/, const Questions& /*questions*/,
                                 Answers& /*views*/, nlohmann::ordered_json& /*figures*/) {
  return absl::UnimplementedError(
      "built without PostgreSQL: for the comparison, install postgresql-15 and libpq-dev, configure and build again");
}

}  // namespace sworn::bench
