// How a measurement is told: the machine, a table of figures with their labels, and JSON.
//
// Thread-safety: safe to call from any thread; printing belongs to one thread.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/machine.h"

namespace sworn::bench {

// What all figures begin with.
nlohmann::ordered_json FiguresOf(const Machine& machine);

// Keys of figures, each with what it is called.
using FigureLabels = std::vector<std::pair<const char*, const char*>>;

// Decimals of the table.
enum class Precision { kHundredths = 2, kThousandths = 3 };

// The machine, then a line for each figure that was measured, on standard output.
void PrintFigures(const nlohmann::ordered_json& figures, const FigureLabels& labels,
                  Precision precision = Precision::kHundredths);

// JSON to a file, or to standard output where none is named. Answers the exit status: 1 and the error where measuring
// failed. `print` prints the table.
int Conclude(const absl::StatusOr<nlohmann::ordered_json>& figures, void (*print)(const nlohmann::ordered_json&),
             const std::string& json_file);

}  // namespace sworn::bench
