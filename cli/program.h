// The program: its command tree, and the command that was given.
//
// Each command group adds its commands and their options to the tree; parsing picks one of them.
//
// Thread-safety: belongs to one thread.
#pragma once

#include <functional>
#include <string>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "cli/options.h"

namespace sworn::cli {

struct Program {
  Program();

  CLI::App app;
  GlobalOptions options;
  // What the parsed command does.
  std::function<absl::Status()> run;
};

// Adds a command under `parent`; `run` is called where it was the one given. `examples` is shown below its help.
CLI::App& AddCommand(Program& program, CLI::App& parent, const std::string& name, const std::string& purpose,
                     const std::string& examples, std::function<absl::Status()> run);

// Adds a command that only groups others.
CLI::App& AddGroup(CLI::App& parent, const std::string& name, const std::string& purpose);

// Parses and runs; answers the exit code of the process.
int RunProgram(int argument_count, const char* const* arguments);

}  // namespace sworn::cli
