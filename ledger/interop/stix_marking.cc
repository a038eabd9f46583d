#include "ledger/interop/stix_marking.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/interop/stix_object.h"
#include "ledger/model/limits.h"
#include "ledger/model/text.h"

namespace sworn::interop {
namespace {

using nlohmann::json;

constexpr size_t kMaxDefinitions = 10'000;
constexpr std::string_view kTlp2Extension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

struct TlpWord {
  std::string_view word;
  v1::Marking::Tlp tlp;
};
constexpr std::array<TlpWord, 6> kTlpWords = {{{"clear", v1::Marking::CLEAR},
                                               {"white", v1::Marking::CLEAR},
                                               {"green", v1::Marking::GREEN},
                                               {"amber", v1::Marking::AMBER},
                                               {"amber+strict", v1::Marking::AMBER_STRICT},
                                               {"red", v1::Marking::RED}}};

// The predefined definitions: STIX 2.1, section 7.2.1.4, and the TLP 2.0 extension.
constexpr std::array<TlpWord, 9> kPredefined = {
    {{"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", v1::Marking::CLEAR},
     {"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", v1::Marking::GREEN},
     {"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", v1::Marking::AMBER},
     {"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", v1::Marking::RED},
     {"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", v1::Marking::CLEAR},
     {"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", v1::Marking::GREEN},
     {"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", v1::Marking::AMBER},
     {"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", v1::Marking::AMBER_STRICT},
     {"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", v1::Marking::RED}}};

v1::Marking::Tlp TlpOf(std::string_view word) {
  const std::string lower = model::ToLower(word);
  const auto* found =
      std::find_if(kTlpWords.begin(), kTlpWords.end(), [&](const TlpWord& w) { return w.word == lower; });
  return found == kTlpWords.end() ? v1::Marking::TLP_UNSPECIFIED : found->tlp;
}

// The string at a path of keys; empty where there is none.
std::string StringAt(const json& object, std::initializer_list<std::string_view> keys) {
  const json* at = &object;
  for (const std::string_view key : keys) {
    if (!at->is_object()) return "";
    const auto found = at->find(std::string(key));
    if (found == at->end()) return "";
    at = &*found;
  }
  return at->is_string() ? at->get<std::string>() : "";
}

}  // namespace

StixMarkings::StixMarkings() {
  for (const TlpWord& predefined : kPredefined) {
    meanings_[std::string(predefined.word)].set_tlp(predefined.tlp);
  }
}

bool StixMarkings::Add(const json& definition) {
  const std::string id = StringAt(definition, {"id"});
  if (!IsStixId(id) || meanings_.size() >= kMaxDefinitions) return false;
  v1::Marking meaning;
  const std::string type = StringAt(definition, {"definition_type"});
  meaning.set_tlp(TlpOf(StringAt(definition, {"extensions", kTlp2Extension, "tlp_2_0"})));
  if (type == "tlp") meaning.set_tlp(TlpOf(StringAt(definition, {"definition", "tlp"})));
  const std::string statement = StringAt(definition, {"definition", "statement"});
  if (type == "statement" && !statement.empty() && statement.size() <= model::kMaxTextBytes) {
    meaning.add_statements(statement);
  }
  const bool is_understood = meaning.tlp() != v1::Marking::TLP_UNSPECIFIED || !meaning.statements().empty();
  // What is predefined is not redefined.
  if (is_understood) meanings_.emplace(id, std::move(meaning));
  return is_understood;
}

StixMarkings::References StixMarkings::ReferencesOf(const json& object) {
  References references;
  const auto list = object.find("object_marking_refs");
  if (list != object.end() && list->is_array()) {
    for (const json& item : *list) references.push_back(item.is_string() ? item.get<std::string>() : "");
  }
  const auto granular = object.find("granular_markings");
  if (granular != object.end() && granular->is_array()) {
    for (const json& item : *granular) {
      // One that gives a language instead marks nothing.
      const bool is_language = item.is_object() && item.contains("lang") && !item.contains("marking_ref");
      if (!is_language) references.push_back(StringAt(item, {"marking_ref"}));
    }
  }
  return references;
}

v1::Marking StixMarkings::MarkingOf(const References& references, const v1::Marking& otherwise) const {
  v1::Marking::Tlp tlp = v1::Marking::TLP_UNSPECIFIED;
  std::set<std::string> statements(otherwise.statements().begin(), otherwise.statements().end());
  std::set<std::string> caveats(otherwise.caveats().begin(), otherwise.caveats().end());
  for (const std::string& reference : references) {
    const auto found = meanings_.find(reference);
    if (found == meanings_.end()) {
      caveats.insert(IsStixId(reference) ? reference : "marking-definition--unreadable");
      continue;
    }
    tlp = std::max(tlp, found->second.tlp());
    statements.insert(found->second.statements().begin(), found->second.statements().end());
  }
  v1::Marking marking = otherwise;
  if (tlp != v1::Marking::TLP_UNSPECIFIED) marking.set_tlp(tlp);
  marking.mutable_statements()->Assign(statements.begin(), statements.end());
  marking.mutable_caveats()->Assign(caveats.begin(), caveats.end());
  return marking;
}

}  // namespace sworn::interop
