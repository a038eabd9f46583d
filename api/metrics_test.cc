#include "api/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sworn::api {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, TellsNumbersOfTheLogAndOfEachView) {
  v1::ViewStatus support;
  support.set_name("support");
  support.set_state(v1::ViewStatus::REBUILDING);
  support.set_version(3);
  support.set_serving_version(2);
  support.set_next_position(90);
  support.set_lag_entries(30);
  support.set_rebuilt_entries(7);
  support.set_failures(2);
  support.set_last_error("alice's report at entry 90");
  v1::ViewStatus provenance;
  provenance.set_name("provenance");
  provenance.set_state(v1::ViewStatus::CURRENT);
  provenance.set_next_position(120);
  const std::string text = FormatMetrics(120, {support, provenance});
  for (const char* line :
       {"# TYPE sworn_log_entries gauge\nsworn_log_entries 120\n", "sworn_view_next_position{view=\"support\"} 90\n",
        "sworn_view_lag_entries{view=\"support\"} 30\n", "sworn_view_lag_entries{view=\"provenance\"} 0\n",
        "sworn_view_serving_version{view=\"support\"} 2\n", "sworn_view_rebuilt_entries{view=\"support\"} 7\n",
        "# TYPE sworn_view_failures_total counter\n", "sworn_view_failures_total{view=\"support\"} 2\n",
        "sworn_view_state{view=\"support\",state=\"REBUILDING\"} 1\n",
        "sworn_view_state{view=\"support\",state=\"CURRENT\"} 0\n",
        "sworn_view_state{view=\"provenance\",state=\"CURRENT\"} 1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("alice"))) << "errors may name people";
}

}  // namespace
}  // namespace sworn::api
