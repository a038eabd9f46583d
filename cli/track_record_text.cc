#include "cli/track_record_text.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/text.h"
#include "ledger/model/text.h"
#include "ledger/model/vocabulary.h"

namespace sworn::cli {
namespace {

std::string FormatGrades(const v1::TrackRecord& record) {
  Table table({{"grade"}, {"by"}, {"recorded"}, {"judgement"}, {"state"}});
  for (const v1::GradeGiven& given : record.grades()) {
    const Style style = given.undone() ? Style::kFaint : Style::kPlain;
    table.AddRow({Cell(model::FormatGrade(given.grade()), style), Cell(given.author(), style),
                  Cell(FormatTimestamp(given.recorded_at()), style), Cell(ShortId(given.judgement_id()), style),
                  Cell(given.undone() ? "undone" : "stands", style)});
  }
  return table.Format(StandardOutput().columns);
}

std::string FormatCounts(const v1::TrackRecord& record) {
  Table table({{"sample", Column::Align::kRight},
               {"counted", Column::Align::kRight},
               {"retracted", Column::Align::kRight},
               {"undermined", Column::Align::kRight},
               {"confirmed", Column::Align::kRight},
               {"disputed", Column::Align::kRight}});
  table.AddRow({FormatSample(record), model::Concat(record.counted()), model::Concat(record.retracted()),
                model::Concat(record.undermined()), model::Concat(record.confirmed()),
                model::Concat(record.disputed())});
  return table.Format(StandardOutput().columns);
}

std::string DescribeSource(const v1::SourceSummary& source) {
  std::string text = model::Concat(Printable(source.name().empty() ? "(unnamed)" : source.name()), ", ",
                                   absl::AsciiStrToLower(v1::Source::Kind_Name(source.kind())));
  if (source.anonymous()) text += ", unnamed";
  if (source.head_count() > 0) text += model::Concat(", ", Counted(source.head_count(), "person", "people"));
  if (!source.affiliation().empty()) text += model::Concat(", of ", Printable(source.affiliation()));
  return text;
}

// Lines of what a source is called by.
std::string DescribeIds(const v1::SourceSummary& source) {
  std::string text = model::Concat("id            ", ShortId(source.id()), "\n");
  if (source.external_ids_size() > 0) {
    text += model::Concat("external ids  ", Printable(absl::StrJoin(source.external_ids(), ", ")), "\n");
  }
  if (source.same_as_size() > 0) {
    std::vector<std::string> others;
    for (const std::string& other : source.same_as()) others.push_back(ShortId(other));
    text += model::Concat("same as       ", Printable(absl::StrJoin(others, ", ")), "\n");
  }
  return text;
}

}  // namespace

std::string LastGrade(const v1::TrackRecord& record) {
  std::string last;
  for (const v1::GradeGiven& given : record.grades()) {
    if (!given.undone()) last = model::FormatGrade(given.grade());
  }
  return last;
}

std::string FormatSample(const v1::TrackRecord& record) {
  return model::Concat(record.newest_only() ? "the newest " : "", record.assertions());
}

std::string FormatSource(const v1::SourceSummary& source) {
  const v1::TrackRecord& record = source.track_record();
  std::string text = model::Concat(Styled(DescribeSource(source), Style::kBold), "\n", DescribeIds(source), "\n");
  text += model::Concat("Of ", Counted(source.assertions(), "assertion", "assertions"), " it appears in:\n\n",
                        FormatCounts(record));
  if (record.newest_only()) text += model::Concat("\nThere are more than the newest ", record.assertions(), ".\n");
  if (record.assertions() < kSmallSample) {
    text += model::Concat("\nA small sample, below ", kSmallSample, ": it says little about the source.\n");
  }
  text += record.grades().empty() ? "\nNobody graded it.\n"
                                  : model::Concat("\nGrades given to it:\n\n", FormatGrades(record));
  return text;
}

}  // namespace sworn::cli
