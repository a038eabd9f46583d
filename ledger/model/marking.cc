#include "ledger/model/marking.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "ledger/model/countries.h"
#include "ledger/model/limits.h"
#include "ledger/model/refusal.h"
#include "ledger/model/text.h"

namespace sworn::model {
namespace {

constexpr std::string_view kOrganisationPrefix = "org:";
constexpr size_t kMaxMarkingTextBytes = 4'096;
constexpr size_t kMaxCaveatBytes = 64;

struct LevelWord {
  std::string_view word;
  v1::Marking::Level level;
};
constexpr std::array<LevelWord, 10> kLevels = {{{"U", v1::Marking::U},
                                                {"R", v1::Marking::R},
                                                {"C", v1::Marking::C},
                                                {"S", v1::Marking::S},
                                                {"TS", v1::Marking::TS},
                                                {"UNCLASSIFIED", v1::Marking::U},
                                                {"RESTRICTED", v1::Marking::R},
                                                {"CONFIDENTIAL", v1::Marking::C},
                                                {"SECRET", v1::Marking::S},
                                                {"TOP SECRET", v1::Marking::TS}}};

struct TlpWord {
  std::string_view word;
  v1::Marking::Tlp tlp;
};
constexpr std::array<TlpWord, 6> kTlps = {{{"CLEAR", v1::Marking::CLEAR},
                                           {"GREEN", v1::Marking::GREEN},
                                           {"AMBER", v1::Marking::AMBER},
                                           {"AMBER+STRICT", v1::Marking::AMBER_STRICT},
                                           {"RED", v1::Marking::RED},
                                           {"WHITE", v1::Marking::CLEAR}}};

absl::Status Invalid(std::string_view message) { return Refuse(v1::Refusal::MARKING_INVALID, message); }

v1::Marking::Level LevelOf(std::string_view upper) {
  const auto* found =
      std::find_if(kLevels.begin(), kLevels.end(), [upper](const LevelWord& l) { return l.word == upper; });
  return found == kLevels.end() ? v1::Marking::LEVEL_UNSPECIFIED : found->level;
}

bool IsNoforn(std::string_view upper) { return upper == "NF" || upper == "NOFORN"; }
bool IsOrcon(std::string_view upper) { return upper == "OC" || upper == "ORCON"; }
bool IsRelTo(std::string_view upper) { return upper == "REL" || upper.starts_with("REL "); }
bool IsTlp(std::string_view upper) { return upper.starts_with("TLP"); }

bool IsOrganisation(std::string_view entry) {
  if (!entry.starts_with(kOrganisationPrefix)) return false;
  entry.remove_prefix(kOrganisationPrefix.size());
  if (entry.empty() || entry.size() > kMaxCaveatBytes) return false;
  return std::all_of(entry.begin(), entry.end(),
                     [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '.'; });
}

absl::Status CheckReleaseEntry(std::string_view entry) {
  if (IsCountry(entry) || IsOrganisation(entry)) return absl::OkStatus();
  return Invalid(Concat("\"", Shown(entry), "\" is neither a country (ISO 3166-1 alpha-3) nor an organisation ",
                        "(org:name); write the countries of a group one by one, except FVEY and ACGU"));
}

// An opaque word that cannot be mistaken for one of the words with a meaning.
absl::Status CheckCaveat(std::string_view caveat) {
  const std::string upper = ToUpper(caveat);
  if (Contains(caveat, ",") || IsCountry(upper) || !MembersOfGroup(upper).empty() ||
      ToLower(caveat).starts_with(kOrganisationPrefix)) {
    return Invalid(Concat("\"", Shown(caveat), "\" stands without REL TO; a release list needs REL TO"));
  }
  if (caveat.empty() || caveat.size() > kMaxCaveatBytes || Trim(caveat) != caveat ||
      !std::all_of(caveat.begin(), caveat.end(), [](char c) {
        return absl::ascii_isprint(c) && std::string_view("/()\"\\").find(c) == std::string_view::npos;
      })) {
    return Invalid(Concat("\"", Shown(caveat), "\" is no caveat; a caveat has 1 to ", kMaxCaveatBytes,
                          " printable ASCII characters, none of them / ( ) \" \\"));
  }
  if (IsNoforn(upper) || IsOrcon(upper) || IsRelTo(upper) || IsTlp(upper) || LevelOf(upper) != 0) {
    return Invalid(Concat("\"", caveat, "\" is a word of markings and cannot be a caveat"));
  }
  return absl::OkStatus();
}

bool IsSortedSet(const google::protobuf::RepeatedPtrField<std::string>& list) {
  return std::adjacent_find(list.begin(), list.end(), std::greater_equal<>()) == list.end();
}

void Assign(const std::set<std::string>& from, google::protobuf::RepeatedPtrField<std::string>& to) {
  to.Assign(from.begin(), from.end());
}

// Reads a marking component by component.
class MarkingParser {
 public:
  absl::Status Level(std::string_view text) {
    const v1::Marking::Level level = LevelOf(ToUpper(text));
    if (level == v1::Marking::LEVEL_UNSPECIFIED) {
      return Refuse(v1::Refusal::UNMARKED,
                    Concat("\"", Shown(text), "\" is no level; a marking starts with U, R, C, S or TS"));
    }
    marking_.set_level(level);
    return absl::OkStatus();
  }

  absl::Status Component(std::string_view text) {
    const std::string upper = ToUpper(text);
    if (IsNoforn(upper)) {
      marking_.set_originator_only(true);
      return absl::OkStatus();
    }
    if (IsOrcon(upper)) {
      marking_.set_originator_controlled(true);
      return absl::OkStatus();
    }
    if (IsRelTo(upper)) return ReleaseList(text);
    if (IsTlp(upper)) return Tlp(upper);
    caveats_.emplace(text);
    return absl::OkStatus();
  }

  absl::StatusOr<v1::Marking> Finish() {
    Assign(rel_to_, *marking_.mutable_rel_to());
    Assign(caveats_, *marking_.mutable_caveats());
    const absl::Status valid = ValidateMarking(marking_);
    if (!valid.ok()) return valid;
    return marking_;
  }

 private:
  absl::Status ReleaseList(std::string_view text) {
    if (!rel_to_.empty()) return Invalid("REL TO stands twice; write one list");
    text.remove_prefix(std::string_view("REL").size());
    text = Trim(text);
    if (ToUpper(text.substr(0, 2)) == "TO" && (text.size() == 2 || absl::ascii_isspace(text[2]))) text.remove_prefix(2);
    text = Trim(text);
    if (text.empty()) return Invalid("REL TO has no list; name the countries: REL TO GBR, USA");
    for (std::string_view entry : Split(text, ",")) AddReleaseEntry(Trim(entry));
    return absl::OkStatus();
  }

  // A wrong entry is found by ValidateMarking.
  void AddReleaseEntry(std::string_view entry) {
    if (ToLower(entry).starts_with(kOrganisationPrefix)) {
      rel_to_.insert(ToLower(entry));
      return;
    }
    std::string upper = ToUpper(entry);
    const absl::Span<const std::string_view> members = MembersOfGroup(upper);
    if (members.empty()) {
      rel_to_.insert(std::move(upper));
    } else {
      rel_to_.insert(members.begin(), members.end());
    }
  }

  absl::Status Tlp(std::string_view upper) {
    if (marking_.tlp() != v1::Marking::TLP_UNSPECIFIED) return Invalid("TLP stands twice; write one label");
    std::string_view word = upper.substr(std::string_view("TLP").size());
    if (word.starts_with(":")) word.remove_prefix(1);
    word = Trim(word);
    const auto* found = std::find_if(kTlps.begin(), kTlps.end(), [word](const TlpWord& t) { return t.word == word; });
    if (found == kTlps.end()) {
      return Invalid(Concat("\"", Shown(upper), "\" is no TLP label; write TLP:RED, ",
                            "TLP:AMBER+STRICT, TLP:AMBER, TLP:GREEN or TLP:CLEAR"));
    }
    marking_.set_tlp(found->tlp);
    return absl::OkStatus();
  }

  v1::Marking marking_;
  std::set<std::string> rel_to_;
  std::set<std::string> caveats_;
};

// What roll-up keeps of the release lists it has seen.
struct ReleaseRollUp {
  bool any_list = false;
  bool any_classified_without_list = false;
  std::set<std::string> shared;

  void Add(const v1::Marking& marking) {
    if (marking.rel_to().empty()) {
      any_classified_without_list |= marking.level() > v1::Marking::U && !marking.originator_only();
      return;
    }
    std::set<std::string> list(marking.rel_to().begin(), marking.rel_to().end());
    if (!any_list) {
      shared = std::move(list);
    } else {
      std::erase_if(shared, [&list](const std::string& entry) { return !list.contains(entry); });
    }
    any_list = true;
  }

  bool NobodyLeft() const { return any_list && (any_classified_without_list || shared.empty()); }
};

bool Includes(const google::protobuf::RepeatedPtrField<std::string>& all,
              const google::protobuf::RepeatedPtrField<std::string>& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

// Whether everybody the banner lets read is let read by the portion.
bool ReleasesNoFurther(const v1::Marking& banner, const v1::Marking& portion) {
  if (banner.originator_only()) return true;
  if (portion.originator_only()) return false;
  const bool banner_is_open = banner.rel_to().empty() && banner.level() <= v1::Marking::U;
  if (!portion.rel_to().empty()) {
    return banner.rel_to().empty() ? !banner_is_open : Includes(portion.rel_to(), banner.rel_to());
  }
  return portion.level() <= v1::Marking::U || banner.rel_to().empty();
}

}  // namespace

absl::StatusOr<v1::Marking> ParseMarking(std::string_view text) {
  text = Trim(text);
  if (text.size() > kMaxMarkingTextBytes) {
    return Refuse(v1::Refusal::TOO_LARGE, Concat("a marking has at most ", kMaxMarkingTextBytes, " characters"));
  }
  if (text.starts_with("(") != text.ends_with(")")) {
    return Invalid(Concat("\"", Shown(text), "\" has one bracket only; write both or none"));
  }
  if (text.starts_with("(")) text = text.substr(1, text.size() - 2);
  MarkingParser parser;
  bool first = true;
  for (std::string_view component : Split(text, "//")) {
    component = Trim(component);
    const absl::Status status = first ? parser.Level(component) : parser.Component(component);
    if (!status.ok()) return status;
    first = false;
  }
  return parser.Finish();
}

std::string FormatMarking(const v1::Marking& marking) {
  if (marking.level() == v1::Marking::LEVEL_UNSPECIFIED) return "(UNMARKED)";
  std::vector<std::string> parts = {v1::Marking::Level_IsValid(marking.level())
                                        ? v1::Marking::Level_Name(marking.level())
                                        : Concat("LEVEL ", static_cast<int>(marking.level()))};
  if (!marking.rel_to().empty()) parts.push_back(Concat("REL TO ", absl::StrJoin(marking.rel_to(), ", ")));
  if (marking.originator_only()) parts.emplace_back("NOFORN");
  if (marking.originator_controlled()) parts.emplace_back("ORCON");
  parts.insert(parts.end(), marking.caveats().begin(), marking.caveats().end());
  const auto* tlp =
      std::find_if(kTlps.begin(), kTlps.end(), [&marking](const TlpWord& t) { return t.tlp == marking.tlp(); });
  if (tlp != kTlps.end()) parts.push_back(Concat("TLP:", tlp->word));
  return Concat("(", absl::StrJoin(parts, "//"), ")");
}

absl::Status ValidateMarking(const v1::Marking& marking) {
  if (marking.level() == v1::Marking::LEVEL_UNSPECIFIED) {
    return Refuse(v1::Refusal::UNMARKED, "carries no level; mark it, for example (U)");
  }
  if (!v1::Marking::Level_IsValid(marking.level()) || !v1::Marking::Tlp_IsValid(marking.tlp())) {
    return Refuse(v1::Refusal::FIELD_INVALID, "has a level or TLP label that this version does not know");
  }
  if (static_cast<size_t>(marking.rel_to_size()) > kMaxListItems ||
      static_cast<size_t>(marking.caveats_size()) > kMaxListItems ||
      static_cast<size_t>(marking.statements_size()) > kMaxListItems) {
    return Refuse(v1::Refusal::TOO_LARGE, Concat("has a list of more than ", kMaxListItems, " items"));
  }
  if (marking.originator_only() && !marking.rel_to().empty()) {
    return Invalid("has both NOFORN and REL TO; they exclude each other");
  }
  if (!IsSortedSet(marking.rel_to()) || !IsSortedSet(marking.caveats())) {
    return Invalid("has a release list or caveats that are not sorted, or hold something twice");
  }
  for (const std::string& entry : marking.rel_to()) {
    if (absl::Status status = CheckReleaseEntry(entry); !status.ok()) return status;
  }
  for (const std::string& caveat : marking.caveats()) {
    if (absl::Status status = CheckCaveat(caveat); !status.ok()) return status;
  }
  for (const std::string& statement : marking.statements()) {
    if (statement.empty()) return Invalid("has an empty statement; leave it out");
    if (statement.size() > kMaxNameBytes) {
      return Refuse(v1::Refusal::TOO_LARGE,
                    Concat("has a statement of ", statement.size(), " bytes; it takes ", kMaxNameBytes));
    }
  }
  return absl::OkStatus();
}

v1::Marking RollUp(absl::Span<const v1::Marking> markings) {
  v1::Marking banner;
  ReleaseRollUp release;
  std::set<std::string> caveats;
  std::set<std::string> statements;
  for (const v1::Marking& marking : markings) {
    banner.set_level(std::max(banner.level(), marking.level()));
    banner.set_tlp(std::max(banner.tlp(), marking.tlp()));
    banner.set_originator_only(banner.originator_only() || marking.originator_only());
    banner.set_originator_controlled(banner.originator_controlled() || marking.originator_controlled());
    caveats.insert(marking.caveats().begin(), marking.caveats().end());
    statements.insert(marking.statements().begin(), marking.statements().end());
    release.Add(marking);
  }
  if (release.NobodyLeft()) banner.set_originator_only(true);
  if (!banner.originator_only()) Assign(release.shared, *banner.mutable_rel_to());
  Assign(caveats, *banner.mutable_caveats());
  Assign(statements, *banner.mutable_statements());
  return banner;
}

bool Dominates(const v1::Marking& banner, const v1::Marking& portion) {
  return banner.level() >= portion.level() && banner.tlp() >= portion.tlp() &&
         (banner.originator_controlled() || !portion.originator_controlled()) &&
         Includes(banner.caveats(), portion.caveats()) && ReleasesNoFurther(banner, portion);
}

}  // namespace sworn::model
