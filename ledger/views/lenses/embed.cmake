# Writes OUTPUT, a .cc that holds the text of every lens of LENSES (separated by commas).
string(REPLACE "," ";" lenses "${LENSES}")
set(texts "")
foreach(lens IN LISTS lenses)
  file(READ "${lens}" text)
  string(APPEND texts "    R\"textproto(${text})textproto\",\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"ledger/views/lens_texts.h\"

namespace sworn::views {

const std::vector<std::string_view>& ShippedLensTexts() {
  static const std::vector<std::string_view> texts = {
${texts}  };
  return texts;
}

}  // namespace sworn::views
")
