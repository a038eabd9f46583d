#include "cli/lens_preview.h"

#include <utility>

#include "cli/output.h"
#include "cli/table.h"
#include "ledger/model/text.h"
#include "ledger/views/lens_comparison.h"

namespace sworn::cli {
namespace {

// The counts of the rows, which is all that a comparison of lenses looks at.
views::SupportTable TableOf(const v1::GetSupportResponse& support) {
  views::SupportTable table;
  for (const v1::SupportSide* side : {&support.direct(), &support.indirect(), &support.unassigned()}) {
    for (const v1::SupportRow& row : side->rows()) {
      views::CategoryRow& category = table[row.category()];
      category.category = row.category();
      category.counts[v1::Assertion::AFFIRMS] = row.affirms();
      category.counts[v1::Assertion::DENIES] = row.denies();
      category.counts[v1::Assertion::FINDS_NO_EVIDENCE] = row.finds_no_evidence();
    }
  }
  return table;
}

std::string NameAndVersion(const v1::LensUsed& lens) {
  return model::Concat(Printable(lens.name()), " v", lens.version());
}

}  // namespace

void CompareWithProposed(const v1::Lens& in_use, const v1::Lens& proposed, v1::GetSupportResponse& support) {
  support.mutable_compared_lens()->set_name(proposed.name());
  support.mutable_compared_lens()->set_version(proposed.version());
  support.clear_lens_differences();
  for (v1::LensDifference& difference : views::CompareLenses(TableOf(support), in_use, proposed)) {
    *support.add_lens_differences() = std::move(difference);
  }
}

std::string FormatProposedDifferences(const v1::GetSupportResponse& support) {
  const std::string now = NameAndVersion(support.lens());
  const std::string then = NameAndVersion(support.compared_lens());
  std::string text = model::Concat(Printable(support.from()), " → ", Printable(support.to()), "   as of position ",
                                   support.as_of().position(), "   ", now, " → ", then, "\n");
  if (support.lens_differences().empty()) return text + "no cell would differ\n";
  Table table({{"cell"}, {now}, {then}, {"because"}, {"and then"}});
  for (const v1::LensDifference& difference : support.lens_differences()) {
    if (difference.category().empty()) {
      table.AddRow({"all of " + v1::Lens::SupportClass_Name(difference.whole_side()),
                    v1::Support::Status_Name(difference.status()),
                    v1::Support::Status_Name(difference.compared_status()), "", ""});
    } else {
      table.AddRow({difference.category(), v1::Lens::SupportClass_Name(difference.side()),
                    v1::Lens::SupportClass_Name(difference.compared_side()), difference.rule(),
                    difference.compared_rule()});
    }
  }
  return text + table.Format(StandardOutput().columns);
}

}  // namespace sworn::cli
