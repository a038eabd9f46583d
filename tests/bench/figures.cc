#include "tests/bench/figures.h"

#include <cstdio>
#include <fstream>
#include <iostream>

namespace sworn::bench {

nlohmann::ordered_json FiguresOf(const Machine& machine) {
  return {{"processor", machine.processor},
          {"cores", machine.cores},
          {"kernel", machine.kernel},
          {"file_system", machine.file_system}};
}

void PrintFigures(const nlohmann::ordered_json& figures, const FigureLabels& labels, Precision precision) {
  std::printf("machine      %s, %u cores, %s\n", figures["processor"].get<std::string>().c_str(),
              figures["cores"].get<unsigned>(), figures["kernel"].get<std::string>().c_str());
  std::printf("file system  %s\n\n", figures["file_system"].get<std::string>().c_str());
  for (const auto& [key, label] : labels) {
    if (!figures.contains(key)) continue;
    std::printf("%-52s %12.*f\n", label, static_cast<int>(precision), figures[key].get<double>());
  }
  std::printf("\n");
}

int Conclude(const absl::StatusOr<nlohmann::ordered_json>& figures, void (*print)(const nlohmann::ordered_json&),
             const std::string& json_file) {
  if (!figures.ok()) {
    std::cerr << figures.status() << "\n";
    return 1;
  }
  print(*figures);
  if (json_file.empty()) {
    std::cout << figures->dump(2) << "\n";
  } else {
    std::ofstream(json_file) << figures->dump(2) << "\n";
  }
  return 0;
}

}  // namespace sworn::bench
