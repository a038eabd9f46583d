// completions: scripts for bash, zsh and fish, made from the command tree.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "cli/commands.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

// What may follow a command.
struct Completion {
  std::string path;  // "key add"; empty for the program itself
  struct Word {
    std::string text;  // a command, or an option with its dashes
    std::string purpose;
  };
  std::vector<Word> words;
};

void AddOptionsOf(CLI::App& app, Completion& completion) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      const std::string text = "--" + name;
      const bool known = std::any_of(completion.words.begin(), completion.words.end(),
                                     [&text](const Completion::Word& word) { return word.text == text; });
      if (!known) completion.words.push_back({text, option->get_description()});
    }
  }
}

// Depth first, so that a command comes before its own commands.
void Collect(CLI::App& app, CLI::App& root, const std::string& path, std::vector<Completion>& completions) {
  Completion completion{path, {}};
  const std::vector<CLI::App*> commands = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : commands)
    completion.words.push_back({command->get_name(), command->get_description()});
  AddOptionsOf(app, completion);
  if (&app != &root) AddOptionsOf(root, completion);
  completions.push_back(std::move(completion));
  for (CLI::App* command : commands) {
    Collect(*command, root, path.empty() ? command->get_name() : model::Concat(path, " ", command->get_name()),
            completions);
  }
}

std::string TextsOf(const Completion& completion) {
  return absl::StrJoin(completion.words, " ",
                       [](std::string* out, const Completion::Word& word) { out->append(word.text); });
}

// A `case` that finds the command among the words typed so far, and one that sets `words` to what may follow.
std::string ShellCases(const std::vector<Completion>& completions, std::string_view typed_words) {
  std::vector<std::string> paths;
  std::string following;
  for (const Completion& completion : completions) {
    if (!completion.path.empty()) paths.push_back(model::Concat("\"", completion.path, "\""));
    following += model::Concat("    \"", completion.path, "\") words=\"", TextsOf(completion), "\" ;;\n");
  }
  return model::Concat("  local path=\"\" candidate word words\n  for word in ", typed_words,
                       "; do\n    candidate=\"${path:+$path }$word\"\n    case \"$candidate\" in\n      ",
                       absl::StrJoin(paths, "|"), ") path=\"$candidate\" ;;\n    esac\n  done\n  case \"$path\" in\n",
                       following, "  esac\n");
}

std::string BashScript(const std::vector<Completion>& completions) {
  return model::Concat("# bash completion of sworn: source it, or put it into /etc/bash_completion.d\n_sworn() {\n",
                       ShellCases(completions, "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\""),
                       "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
                       "complete -o default -F _sworn sworn\n");
}

std::string ZshScript(const std::vector<Completion>& completions) {
  return model::Concat(
      "#compdef sworn\n# zsh completion of sworn: put it into a directory of $fpath as _sworn\n_sworn() {\n",
      ShellCases(completions, "\"${(@)words_typed}\""),
      "  compadd -- ${=words} || _files\n}\n"
      "_sworn_start() {\n  local -a words_typed=(\"${(@)words[2,CURRENT-1]}\")\n  _sworn\n}\n"
      "compdef _sworn_start sworn\n");
}

std::string FishScript(const std::vector<Completion>& completions) {
  std::string script = "# fish completion of sworn: put it into ~/.config/fish/completions/sworn.fish\n";
  for (const Completion& completion : completions) {
    std::string condition = "__fish_use_subcommand";
    if (!completion.path.empty()) {
      condition = model::Concat("__fish_seen_subcommand_from ",
                                absl::StrReplaceAll(completion.path, {{" ", "; and __fish_seen_subcommand_from "}}));
    }
    for (const Completion::Word& word : completion.words) {
      const std::string purpose = absl::StrReplaceAll(word.purpose, {{"\\", "\\\\"}, {"'", "\\'"}});
      const bool is_option = word.text.rfind("--", 0) == 0;
      script += model::Concat("complete -c sworn -n '", condition, "' ", is_option ? "-l " : "-a ",
                              is_option ? word.text.substr(2) : word.text, " -d '", purpose, "'\n");
    }
  }
  return script;
}

}  // namespace

void AddCompletionsCommand(Program& program) {
  CLI::App& group = AddGroup(program.app, "completions", "Print a completion script for your shell");
  const auto add = [&program, &group](const std::string& shell, std::string (*script)(const std::vector<Completion>&)) {
    AddCommand(program, group, shell, model::Concat("Completion script for ", shell),
               model::Concat("  sworn completions ", shell), [&program, script] {
                 std::vector<Completion> completions;
                 Collect(program.app, program.app, "", completions);
                 return PrintRaw(script(completions));
               });
  };
  add("bash", BashScript);
  add("zsh", ZshScript);
  add("fish", FishScript);
}

}  // namespace sworn::cli
