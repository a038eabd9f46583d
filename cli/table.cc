#include "cli/table.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "ledger/model/text.h"

namespace sworn::cli {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kNarrowest = 12;

std::string Pad(const std::string& text, size_t width, Column::Align align, Style style) {
  const std::string cut = CutToWidth(text, width);
  const std::string blanks(width - std::min(width, DisplayWidth(cut)), ' ');
  return align == Column::Align::kRight ? blanks + Styled(cut, style) : Styled(cut, style) + blanks;
}

}  // namespace

void Table::AddRow(std::vector<Cell> cells) {
  for (Cell& cell : cells) cell.text = Printable(cell.text);
  cells.resize(columns_.size(), Cell(""));
  rows_.push_back(std::move(cells));
}

// Width of each column; 0 for those without any text.
std::vector<size_t> Table::Widths(size_t max_columns) const {
  std::vector<size_t> widths(columns_.size(), 0);
  size_t total = 0;
  for (size_t column = 0; column < columns_.size(); ++column) {
    for (const std::vector<Cell>& row : rows_) {
      widths[column] = std::max(widths[column], DisplayWidth(row[column].text));
    }
    if (widths[column] > 0) widths[column] = std::max(widths[column], DisplayWidth(columns_[column].header));
    if (widths[column] > 0) total += widths[column] + kGap;
  }
  total -= std::min(total, kGap);
  while (max_columns > 0 && total > max_columns) {
    size_t widest = columns_.size();
    for (size_t column = 0; column < columns_.size(); ++column) {
      if (columns_[column].fit != Column::Fit::kCut || widths[column] <= kNarrowest) continue;
      if (widest == columns_.size() || widths[column] > widths[widest]) widest = column;
    }
    if (widest == columns_.size()) break;
    --widths[widest];
    --total;
  }
  return widths;
}

std::string Table::Format(size_t max_columns) const {
  if (rows_.empty()) return "";
  const std::vector<size_t> widths = Widths(max_columns);
  std::string text;
  const auto add_line = [&](const auto& cell_of, const auto& style_of) {
    std::string line;
    for (size_t column = 0; column < columns_.size(); ++column) {
      if (widths[column] == 0) continue;
      if (!line.empty()) line.append(kGap, ' ');
      line += Pad(cell_of(column), widths[column], columns_[column].align, style_of(column));
    }
    absl::StripTrailingAsciiWhitespace(&line);
    text += model::Concat(line, "\n");
  };
  add_line([&](size_t column) { return columns_[column].header; }, [](size_t) { return Style::kFaint; });
  for (const std::vector<Cell>& row : rows_) {
    add_line([&](size_t column) { return row[column].text; }, [&](size_t column) { return row[column].style; });
  }
  return text;
}

}  // namespace sworn::cli
