#include "ledger/model/vocabulary.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "ledger/model/limits.h"
#include "ledger/model/text.h"

namespace sworn::model {
namespace {

// Longer words are not compared with anything.
constexpr size_t kMaxWordBytes = 64;

// A word as people write it, in the form of Normalize, and what it means.
template <typename Value>
struct Word {
  std::string_view word;
  Value value;
};

// The first word of each value is the one that messages show.
constexpr std::array<Word<v1::Assertion::Polarity>, 19> kPolarities = {{
    {"affirms", v1::Assertion::AFFIRMS},
    {"affirm", v1::Assertion::AFFIRMS},
    {"affirmed", v1::Assertion::AFFIRMS},
    {"yes", v1::Assertion::AFFIRMS},
    {"confirms", v1::Assertion::AFFIRMS},
    {"says", v1::Assertion::AFFIRMS},
    {"denies", v1::Assertion::DENIES},
    {"deny", v1::Assertion::DENIES},
    {"denied", v1::Assertion::DENIES},
    {"no", v1::Assertion::DENIES},
    {"refutes", v1::Assertion::DENIES},
    {"rejects", v1::Assertion::DENIES},
    {"finds no evidence", v1::Assertion::FINDS_NO_EVIDENCE},
    {"find no evidence", v1::Assertion::FINDS_NO_EVIDENCE},
    {"found no evidence", v1::Assertion::FINDS_NO_EVIDENCE},
    {"no evidence", v1::Assertion::FINDS_NO_EVIDENCE},
    {"no evidence found", v1::Assertion::FINDS_NO_EVIDENCE},
    {"sees no evidence", v1::Assertion::FINDS_NO_EVIDENCE},
    {"finds none", v1::Assertion::FINDS_NO_EVIDENCE},
}};

constexpr std::array<Word<v1::Hop::Mode>, 27> kModes = {{
    {"witnessed", v1::Hop::WITNESSED},
    {"witness", v1::Hop::WITNESSED},
    {"saw", v1::Hop::WITNESSED},
    {"seen", v1::Hop::WITNESSED},
    {"observed", v1::Hop::WITNESSED},
    {"sensed", v1::Hop::WITNESSED},
    {"documented", v1::Hop::DOCUMENTED},
    {"document", v1::Hop::DOCUMENTED},
    {"documents", v1::Hop::DOCUMENTED},
    {"told", v1::Hop::TOLD},
    {"tells", v1::Hop::TOLD},
    {"said", v1::Hop::TOLD},
    {"says", v1::Hop::TOLD},
    {"stated", v1::Hop::TOLD},
    {"heard", v1::Hop::TOLD},
    {"published", v1::Hop::PUBLISHED},
    {"publishes", v1::Hop::PUBLISHED},
    {"reported", v1::Hop::PUBLISHED},
    {"reports", v1::Hop::PUBLISHED},
    {"wrote", v1::Hop::PUBLISHED},
    {"quoted", v1::Hop::QUOTED},
    {"quotes", v1::Hop::QUOTED},
    {"inferred", v1::Hop::INFERRED},
    {"infers", v1::Hop::INFERRED},
    {"concluded", v1::Hop::INFERRED},
    {"assessed", v1::Hop::INFERRED},
    {"assesses", v1::Hop::INFERRED},
}};

constexpr std::array<Word<v1::Source::Kind>, 20> kSourceKinds = {{
    {"person", v1::Source::PERSON},
    {"people", v1::Source::PERSON},
    {"individual", v1::Source::PERSON},
    {"official", v1::Source::PERSON},
    {"officials", v1::Source::PERSON},
    {"organisation", v1::Source::ORGANISATION},
    {"organization", v1::Source::ORGANISATION},
    {"agency", v1::Source::ORGANISATION},
    {"government", v1::Source::ORGANISATION},
    {"company", v1::Source::ORGANISATION},
    {"publication", v1::Source::PUBLICATION},
    {"newspaper", v1::Source::PUBLICATION},
    {"article", v1::Source::PUBLICATION},
    {"website", v1::Source::PUBLICATION},
    {"document", v1::Source::DOCUMENT},
    {"sensor", v1::Source::SENSOR},
    {"satellite", v1::Source::SENSOR},
    {"dataset", v1::Source::DATASET},
    {"data set", v1::Source::DATASET},
    {"database", v1::Source::DATASET},
}};

constexpr std::array<Word<v1::Assertion::Confidence>, 5> kConfidences = {{
    {"low", v1::Assertion::LOW},
    {"moderate", v1::Assertion::MODERATE},
    {"medium", v1::Assertion::MODERATE},
    {"high", v1::Assertion::HIGH},
    {"strong", v1::Assertion::HIGH},
}};

constexpr std::array<Word<v1::Lens::SupportClass>, 3> kSupportClasses = {{
    {"direct", v1::Lens::DIRECT},
    {"indirect", v1::Lens::INDIRECT},
    {"unassigned", v1::Lens::UNASSIGNED},
}};

// ICD 203, both terms of each of the seven bands, from the least likely.
constexpr std::array<std::string_view, 14> kLikelihoods = {
    "almost no chance", "remote",        "very unlikely",       "highly improbable",
    "unlikely",         "improbable",    "roughly even chance", "roughly even odds",
    "likely",           "probable",      "very likely",         "highly probable",
    "almost certain",   "nearly certain"};

constexpr std::array<Word<std::string_view>, 7> kLikelihoodSynonyms = {{
    {"even chance", "roughly even chance"},
    {"even odds", "roughly even odds"},
    {"probably", "probable"},
    {"very probable", "highly probable"},
    {"very improbable", "highly improbable"},
    {"almost certainly", "almost certain"},
    {"nearly certainly", "nearly certain"},
}};

// Lower case, with single spaces for any run of spaces, hyphens and underscores.
std::string Normalize(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_gap = absl::ascii_isspace(c) || c == '-' || c == '_';
    if (!is_gap) {
      result.push_back(absl::ascii_tolower(c));
    } else if (!result.empty() && result.back() != ' ') {
      result.push_back(' ');
    }
  }
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

absl::Status UnknownWord(std::string_view what, std::string_view word, absl::Span<const std::string_view> known) {
  const std::string_view nearest = NearestWord(Normalize(word.substr(0, kMaxWordBytes + 1)), known);
  const std::string hint = nearest.empty() ? "" : Concat("; did you mean \"", nearest, "\"?");
  return absl::InvalidArgumentError(Concat("\"", Shown(word), "\" is no ", what, hint));
}

template <typename Value, size_t kCount>
absl::StatusOr<Value> Find(const std::array<Word<Value>, kCount>& words, std::string_view what, std::string_view word) {
  const std::string normal = Normalize(word);
  std::array<std::string_view, kCount> known;
  for (size_t i = 0; i < kCount; ++i) {
    if (words[i].word == normal) return words[i].value;
    known[i] = words[i].word;
  }
  return UnknownWord(what, word, known);
}

bool IsWord(std::string_view word) {
  if (word.empty() || word.front() == '-' || word.back() == '-' || Contains(word, "--")) return false;
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-'; });
}

bool IsCodeText(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
  });
}

// The distance in insertions, deletions, substitutions and swaps of neighbours, with no substring edited twice.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> distance(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        distance[i][j] = i + j;
        continue;
      }
      const size_t substitution = distance[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      distance[i][j] = std::min({distance[i - 1][j] + 1, distance[i][j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        distance[i][j] = std::min(distance[i][j], distance[i - 2][j - 2] + 1);
      }
    }
  }
  return distance[a.size()][b.size()];
}

}  // namespace

absl::StatusOr<v1::Assertion::Polarity> ParsePolarity(std::string_view word) {
  return Find(kPolarities, "polarity (affirms, denies, finds no evidence)", word);
}

absl::StatusOr<v1::Hop::Mode> ParseMode(std::string_view word) {
  return Find(kModes, "mode (witnessed, documented, told, published, quoted, inferred)", word);
}

absl::StatusOr<v1::Source::Kind> ParseSourceKind(std::string_view word) {
  return Find(kSourceKinds, "kind of source (person, organisation, publication, document, sensor, dataset)", word);
}

absl::StatusOr<v1::Assertion::Confidence> ParseConfidence(std::string_view word) {
  return Find(kConfidences, "confidence (low, moderate, high)", word);
}

absl::StatusOr<v1::Lens::SupportClass> ParseSupportClass(std::string_view word) {
  return Find(kSupportClasses, "class (direct, indirect, unassigned)", word);
}

absl::StatusOr<v1::Grade> ParseGrade(std::string_view text) {
  std::string_view rest = Trim(text);
  v1::Grade grade;
  if (!rest.empty() && absl::ascii_toupper(rest.front()) >= 'A' && absl::ascii_toupper(rest.front()) <= 'F') {
    grade.set_reliability(static_cast<v1::Grade::Reliability>(absl::ascii_toupper(rest.front()) - 'A' + v1::Grade::A));
    rest.remove_prefix(1);
  }
  if (!rest.empty() && rest.front() >= '1' && rest.front() <= '6') {
    grade.set_credibility(static_cast<v1::Grade::Credibility>(rest.front() - '1' + v1::Grade::CONFIRMED));
    rest.remove_prefix(1);
  }
  if (rest.empty() && !FormatGrade(grade).empty()) return grade;
  return absl::InvalidArgumentError(
      Concat("\"", Shown(text), "\" is no grade; write reliability A to F, credibility 1 to 6, or both: B2"));
}

std::string FormatGrade(const v1::Grade& grade) {
  const bool has_reliability = grade.reliability() >= v1::Grade::A && grade.reliability() <= v1::Grade::F;
  const bool has_credibility =
      grade.credibility() >= v1::Grade::CONFIRMED && grade.credibility() <= v1::Grade::CANNOT_BE_JUDGED;
  if (!has_reliability && !has_credibility) return "";
  return {has_reliability ? static_cast<char>('A' + grade.reliability() - v1::Grade::A) : '-',
          has_credibility ? static_cast<char>('1' + grade.credibility() - v1::Grade::CONFIRMED) : '-'};
}

absl::Span<const std::string_view> LikelihoodTerms() { return kLikelihoods; }

absl::StatusOr<std::string> ParseLikelihood(std::string_view term) {
  const std::string normal = Normalize(term);
  for (const std::string_view known : kLikelihoods) {
    if (known == normal) return std::string(known);
  }
  for (const Word<std::string_view>& synonym : kLikelihoodSynonyms) {
    if (synonym.word == normal) return std::string(synonym.value);
  }
  return UnknownWord("likelihood (a term of ICD 203, such as likely or roughly even chance)", term, kLikelihoods);
}

absl::Status ValidateCategory(std::string_view category) {
  const std::string shown = Shown(category);
  if (category.size() > kMaxCategoryBytes) {
    return absl::InvalidArgumentError(
        Concat("category \"", shown, "\" has ", category.size(), " bytes; it takes ", kMaxCategoryBytes));
  }
  const size_t colon = category.find(':');
  if (colon != std::string_view::npos) {
    if (IsCodeText(category.substr(0, colon)) && IsCodeText(category.substr(colon + 1))) return absl::OkStatus();
    return absl::InvalidArgumentError(
        Concat("\"", shown, "\" is no foreign code; write scheme:code, for example ucdp-esd-18.1:w"));
  }
  const std::vector<std::string_view> words = Split(category, "/");
  if (words.size() > kMaxCategoryDepth) {
    return absl::InvalidArgumentError(
        Concat("category \"", shown, "\" has ", words.size(), " levels; it takes ", kMaxCategoryDepth));
  }
  if (std::all_of(words.begin(), words.end(), IsWord)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("\"", shown, "\" is no category; write lower-case words joined by hyphens, with slashes between levels: ",
             "materiel/machine-tools"));
}

bool CategoryIsWithin(std::string_view category, std::string_view ancestor) {
  return category.starts_with(ancestor) &&
         (category.size() == ancestor.size() || (!ancestor.empty() && category[ancestor.size()] == '/'));
}

std::string_view NearestWord(std::string_view word, absl::Span<const std::string_view> candidates) {
  std::string_view nearest;
  size_t smallest = kMaxWordBytes;
  if (word.size() > kMaxWordBytes) return nearest;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kMaxWordBytes) continue;
    const size_t distance = EditDistance(word, candidate);
    if (distance <= candidate.size() / 3 && distance < smallest) {
      smallest = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace sworn::model
