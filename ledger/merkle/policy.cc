#include "ledger/merkle/policy.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ledger/merkle/text.h"

namespace sworn::merkle {
namespace {

using Names = std::set<std::string, std::less<>>;

constexpr std::string_view kNone = "none";
constexpr std::string_view kWhitespace = " \t";
constexpr size_t kShownBytes = 80;
constexpr size_t kMaxShownNames = 32;
constexpr size_t kMaxMessageBytes = 2'000;  // but for the end of the last part

// Names, keys and URLs are opaque octets, and may be long.
std::string Shown(std::string_view text) {
  const std::string_view start = text.substr(0, kShownBytes);
  return absl::StrCat(absl::CHexEscape({start.data(), start.size()}), start.size() < text.size() ? "…" : "");
}

std::string ShownList(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() == kMaxShownNames) {
      shown.push_back(absl::StrCat(names.size() - kMaxShownNames, " more"));
      break;
    }
    shown.push_back(Shown(name));
  }
  return absl::StrJoin(shown, ", ");
}

std::vector<std::string_view> Items(std::string_view line) {
  std::vector<std::string_view> items;
  for (size_t begin = line.find_first_not_of(kWhitespace); begin != std::string_view::npos;
       begin = line.find_first_not_of(kWhitespace)) {
    line.remove_prefix(begin);
    const size_t end = std::min(line.find_first_of(kWhitespace), line.size());
    items.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return items;
}

bool IsPermittedOctet(char octet) {
  const auto byte = static_cast<unsigned char>(octet);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

// Whether the signature is one by this key. Unimplemented where that cannot be known here.
absl::Status VerifyBy(const VerifierKey& key, const Note& note, const NoteSignature& signature) {
  if (key.type() != VerifierKey::Type::kEd25519) return VerifyCosignature(note.text, signature, key).status();
  if (key.Verify(note.text, signature.signature).ok()) return absl::OkStatus();
  return Wrong(absl::StrCat("the note's signature by ", signature.name, " is wrong"));
}

bool IsOf(const NoteSignature& signature, const VerifierKey& key) {
  return signature.name == key.name() && signature.key_hash == key.key_hash();
}

// A witness may have cosigned more than once; each time must hold.
absl::StatusOr<std::optional<Cosignature>> LatestCosignature(const Note& note, const VerifierKey& witness) {
  std::optional<Cosignature> latest;
  for (const NoteSignature& signature : note.signatures) {
    if (!IsOf(signature, witness)) continue;
    absl::StatusOr<Cosignature> cosignature = VerifyCosignature(note.text, signature, witness);
    if (!cosignature.ok()) return cosignature.status();
    if (!latest.has_value() || latest->timestamp < cosignature->timestamp) latest = *std::move(cosignature);
  }
  return latest;
}

}  // namespace

// Reads line by line; a name must be defined before it is used, so that no group can hold itself.
class Policy::Parser {
 public:
  absl::Status ParseLine(std::string_view line);
  absl::StatusOr<Policy> Finish() &&;

 private:
  absl::Status ParseLog(const std::vector<std::string_view>& items);
  absl::Status ParseWitness(const std::vector<std::string_view>& items);
  absl::Status ParseGroup(const std::vector<std::string_view>& items);
  absl::Status ParseQuorum(const std::vector<std::string_view>& items);
  absl::Status DefineName(std::string_view name);
  absl::Status TakeMember(std::string_view name);

  Policy policy_;
  Names names_;         // of witnesses and groups
  Names members_;       // those that are in a group
  Names log_keys_;      // raw
  Names witness_keys_;  // raw
  bool has_quorum_ = false;
};

absl::Status Policy::Parser::ParseLine(std::string_view line) {
  for (const char octet : line) {
    if (IsPermittedOctet(octet)) continue;
    return Wrong(absl::StrCat("holds the control character ", Shown({&octet, 1}), "; only tabs are permitted"));
  }
  const std::vector<std::string_view> items = Items(line);
  if (items.empty() || items.front().front() == '#') return absl::OkStatus();
  if (items.front() == "log") return ParseLog(items);
  if (items.front() == "witness") return ParseWitness(items);
  if (items.front() == "group") return ParseGroup(items);
  if (items.front() == "quorum") return ParseQuorum(items);
  return Wrong(
      absl::StrCat("begins with \"", Shown(items.front()), "\"; it must begin with log, witness, group, quorum or #"));
}

absl::Status Policy::Parser::ParseLog(const std::vector<std::string_view>& items) {
  if (items.size() < 2 || items.size() > 3) return Wrong("must be \"log <vkey> [<url>]\"");
  absl::StatusOr<VerifierKey> key = VerifierKey::ParseAnyType(items[1]);
  if (!key.ok()) return key.status();
  if (key->type() == VerifierKey::Type::kEd25519Cosignature) {
    return Wrong("has a key of type 0x04, which is for witnesses; a log's is of type 0x01 or 0x06");
  }
  if (!log_keys_.insert(key->raw_key()).second) return Wrong("has the same public key as another log");
  policy_.logs_.push_back(*std::move(key));
  return absl::OkStatus();
}

absl::Status Policy::Parser::ParseWitness(const std::vector<std::string_view>& items) {
  if (items.size() < 3 || items.size() > 4) return Wrong("must be \"witness <name> <vkey> [<url>]\"");
  absl::StatusOr<VerifierKey> key = VerifierKey::ParseAnyType(items[2]);
  if (!key.ok()) return key.status();
  if (key->type() == VerifierKey::Type::kEd25519) {
    return Wrong("has a key of type 0x01, which signs notes; a witness's is of type 0x04 or 0x06");
  }
  if (!witness_keys_.insert(key->raw_key()).second) return Wrong("has the same public key as another witness");
  if (absl::Status status = DefineName(items[1]); !status.ok()) return status;
  policy_.witnesses_.push_back({std::string(items[1]), *std::move(key)});
  return absl::OkStatus();
}

absl::Status Policy::Parser::ParseGroup(const std::vector<std::string_view>& items) {
  if (items.size() < 4) return Wrong("must be \"group <name> all|any|<k> <name>...\"");
  Group group{std::string(items[1]), 0, {items.begin() + 3, items.end()}};
  const std::optional<uint64_t> threshold = items[2] == "all"   ? group.members.size()
                                            : items[2] == "any" ? 1
                                                                : ParseDecimal(items[2]);
  if (!threshold.has_value() || *threshold < 1 || *threshold > group.members.size()) {
    return Wrong(absl::StrCat("must say all, any or a number from 1 to the ", group.members.size(), " members, not \"",
                              Shown(items[2]), "\""));
  }
  group.threshold = *threshold;
  for (const std::string& member : group.members) {
    if (absl::Status status = TakeMember(member); !status.ok()) return status;
  }
  if (absl::Status status = DefineName(group.name); !status.ok()) return status;
  policy_.groups_.push_back(std::move(group));
  return absl::OkStatus();
}

absl::Status Policy::Parser::ParseQuorum(const std::vector<std::string_view>& items) {
  if (items.size() != 2) return Wrong("must be \"quorum <name>\"");
  if (has_quorum_) return Wrong("is a second quorum; there must be exactly one");
  if (items[1] != kNone && !names_.contains(items[1])) {
    return Wrong(absl::StrCat("needs \"", Shown(items[1]), "\", which no line before it defines"));
  }
  has_quorum_ = true;
  policy_.quorum_ = std::string(items[1]);
  return absl::OkStatus();
}

absl::Status Policy::Parser::DefineName(std::string_view name) {
  if (name == kNone) return Wrong("defines \"none\", which already means that no cosignature is needed");
  if (names_.emplace(name).second) return absl::OkStatus();
  return Wrong(absl::StrCat("defines \"", Shown(name), "\" again; witnesses and groups need names of their own"));
}

absl::Status Policy::Parser::TakeMember(std::string_view name) {
  if (name == kNone) return Wrong("has \"none\" as a member");
  if (!names_.contains(name)) {
    return Wrong(absl::StrCat("has the member \"", Shown(name), "\", which no line before it defines"));
  }
  if (members_.emplace(name).second) return absl::OkStatus();
  return Wrong(
      absl::StrCat("has the member \"", Shown(name), "\", which is already a member; it can be one only once"));
}

absl::StatusOr<Policy> Policy::Parser::Finish() && {
  if (!has_quorum_) return Wrong("the policy has no quorum line; \"quorum none\" asks for no cosignatures");
  return std::move(policy_);
}

absl::StatusOr<Policy> Policy::Parse(std::string_view text) {
  if (text.size() > kMaxPolicyBytes) return Wrong("the policy is longer than 1 MiB");
  Parser parser;
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string where = absl::StrCat("policy line ", number, " ");
    if (number > kMaxPolicyLines) return Wrong(absl::StrCat(where, "is one too many: at most 4,096 are read"));
    const std::optional<std::string_view> line = TakeLine(text);
    if (!line.has_value()) return Wrong(absl::StrCat(where, "does not end in a newline: the file may be cut off"));
    const absl::Status status = parser.ParseLine(*line);
    if (!status.ok()) return Wrong(absl::StrCat(where, status.message()));
  }
  return std::move(parser).Finish();
}

Policy Policy::OfLogs(std::vector<VerifierKey> logs) {
  Policy policy;
  policy.logs_ = std::move(logs);
  return policy;
}

absl::StatusOr<TrustedCheckpoint> Policy::OpenCheckpoint(std::string_view note) const {
  const absl::StatusOr<Note> parsed = ParseNote(note);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(parsed->text);
  if (!checkpoint.ok()) return checkpoint.status();
  if (absl::Status status = CheckLogSignature(*parsed, *checkpoint); !status.ok()) return status;

  TrustedCheckpoint trusted{*std::move(checkpoint), {}};
  std::vector<std::string> cosigned;
  std::vector<std::string> unchecked;
  for (const Witness& witness : witnesses_) {
    absl::StatusOr<std::optional<Cosignature>> latest = LatestCosignature(*parsed, witness.key);
    if (absl::IsUnimplemented(latest.status())) {
      unchecked.push_back(witness.name);
      continue;
    }
    if (!latest.ok()) return latest.status();
    if (!latest->has_value()) continue;
    cosigned.push_back(witness.name);
    trusted.cosignatures.push_back(**std::move(latest));
  }
  if (absl::Status status = CheckQuorum(cosigned, unchecked); !status.ok()) return status;
  return trusted;
}

absl::Status Policy::CheckLogSignature(const Note& note, const Checkpoint& checkpoint) const {
  bool is_signed = false;
  std::string unchecked;
  for (const NoteSignature& signature : note.signatures) {
    for (const VerifierKey& log : logs_) {
      if (!IsOf(signature, log)) continue;
      absl::Status verified = VerifyBy(log, note, signature);
      if (absl::IsUnimplemented(verified)) {
        unchecked = absl::StrCat("; ", verified.message());
        continue;
      }
      if (!verified.ok()) return verified;
      // A log speaks for its own origin only.
      is_signed = is_signed || log.name() == checkpoint.origin;
    }
  }
  if (is_signed) return absl::OkStatus();
  return Wrong(absl::StrCat("the checkpoint of ", Shown(checkpoint.origin), " is signed by none of the ", logs_.size(),
                            " trusted logs in that name", unchecked));
}

absl::Status Policy::CheckQuorum(const std::vector<std::string>& cosigned,
                                 const std::vector<std::string>& unchecked) const {
  Names witnessed(cosigned.begin(), cosigned.end());
  const auto has = [&](const Group& group) {
    return static_cast<size_t>(std::count_if(group.members.begin(), group.members.end(),
                                             [&](const std::string& member) { return witnessed.contains(member); }));
  };
  for (const Group& group : groups_) {
    if (has(group) >= group.threshold) witnessed.insert(group.name);
  }
  if (quorum_ == kNone || witnessed.contains(quorum_)) return absl::OkStatus();

  std::string message =
      absl::StrCat("too few witnesses have cosigned the checkpoint: the policy needs ", Shown(quorum_),
                   ", and these have: ", cosigned.empty() ? "none" : ShownList(cosigned));
  // From the quorum down to what it rests on: members are defined before their group.
  Names needed{quorum_};
  for (auto group = groups_.rbegin(); group != groups_.rend() && message.size() < kMaxMessageBytes; ++group) {
    if (!needed.contains(group->name) || witnessed.contains(group->name)) continue;
    needed.insert(group->members.begin(), group->members.end());
    absl::StrAppend(&message, "; ", Shown(group->name), " needs ", group->threshold, " of ", ShownList(group->members),
                    " and has ", has(*group));
  }
  if (!unchecked.empty()) absl::StrAppend(&message, "; not checked for want of ML-DSA-44: ", ShownList(unchecked));
  return absl::FailedPreconditionError(message);
}

}  // namespace sworn::merkle
