// A table of aligned columns.
//
// Thread-safety: a Table belongs to one thread.
#pragma once

#include <string>
#include <vector>

#include "cli/text.h"

namespace sworn::cli {

struct Cell {
  Cell(std::string cell_text)
      : text(std::move(cell_text)) {}               // NOLINT(google-explicit-constructor): rows read as lists of texts
  Cell(const char* cell_text) : text(cell_text) {}  // NOLINT(google-explicit-constructor): as above
  Cell(std::string cell_text, Style cell_style) : text(std::move(cell_text)), style(cell_style) {}

  std::string text;
  Style style = Style::kPlain;
};

struct Column {
  enum class Align { kLeft, kRight };
  // A column that may be cut where the table is wider than the terminal.
  enum class Fit { kWhole, kCut };

  std::string header;
  Align align = Align::kLeft;
  Fit fit = Fit::kWhole;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell for each column. Texts are made printable.
  void AddRow(std::vector<Cell> cells);
  bool empty() const { return rows_.empty(); }
  // `max_columns` 0: as wide as it gets. Columns without any text are left out.
  std::string Format(size_t max_columns) const;

 private:
  std::vector<size_t> Widths(size_t max_columns) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace sworn::cli
