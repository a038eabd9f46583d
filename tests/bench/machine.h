// What a measurement was made on: machine, file system, and the two costs that bound every durable append.
//
// Thread-safety: measurements run on the calling thread.
#pragma once

#include <string>

namespace sworn::bench {

struct Machine {
  std::string processor;
  unsigned cores = 0;
  std::string kernel;
  std::string file_system;  // type of the one that holds the directory
};

Machine DescribeMachine(const std::string& directory);

// Ed25519 signatures over report headers verified in a second on one core.
double MeasureVerifyRate();

// Appends of 4 KiB made durable by fdatasync in a second, in a new file of the directory.
double MeasureSyncRate(const std::string& directory);

}  // namespace sworn::bench
