#include "api/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>

namespace sworn::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Family(const char* name, const char* help, MetricType type = MetricType::Gauge) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

void Add(MetricFamily& family, std::vector<ClientMetric::Label> labels, uint64_t value) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = static_cast<double>(value);
}

// A family with one number for each view.
template <typename Value>
MetricFamily ForEachView(MetricFamily family, const std::vector<v1::ViewStatus>& views, Value value) {
  for (const v1::ViewStatus& view : views) Add(family, {{"view", view.name()}}, value(view));
  return family;
}

// One for the state a view is in, zero for every other.
MetricFamily States(const std::vector<v1::ViewStatus>& views) {
  MetricFamily family = Family("sworn_view_state", "1 for the state that the view is in, 0 for the others.");
  for (const v1::ViewStatus& view : views) {
    for (const auto state :
         {v1::ViewStatus::CURRENT, v1::ViewStatus::CATCHING_UP, v1::ViewStatus::FAILED, v1::ViewStatus::REBUILDING}) {
      Add(family, {{"view", view.name()}, {"state", v1::ViewStatus::State_Name(state)}}, view.state() == state ? 1 : 0);
    }
  }
  return family;
}

}  // namespace

std::string FormatMetrics(uint64_t log_size, const std::vector<v1::ViewStatus>& views) {
  MetricFamily log = Family("sworn_log_entries", "Entries in the log.");
  Add(log, {}, log_size);
  const std::vector<MetricFamily> families = {
      std::move(log),
      States(views),
      ForEachView(Family("sworn_view_next_position", "First position that the rows that answer have not folded in."),
                  views, [](const v1::ViewStatus& view) { return view.next_position(); }),
      ForEachView(Family("sworn_view_lag_entries", "Entries that the rows that answer are behind the log."), views,
                  [](const v1::ViewStatus& view) { return view.lag_entries(); }),
      ForEachView(Family("sworn_view_serving_version", "Version of the view that answers."), views,
                  [](const v1::ViewStatus& view) { return view.serving_version(); }),
      ForEachView(Family("sworn_view_rebuilt_entries",
                         "Entries folded into rows that are built beside those that answer; 0 where none are."),
                  views, [](const v1::ViewStatus& view) { return view.rebuilt_entries(); }),
      ForEachView(
          Family("sworn_view_failures_total", "Folds that failed since the ledger was opened.", MetricType::Counter),
          views, [](const v1::ViewStatus& view) { return view.failures(); }),
  };
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace sworn::api
