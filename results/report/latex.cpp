#include "results/report/document.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : to_utf8(text)) {
    switch (c) {
      case '\\':
        out += "\\textbackslash{}";
        break;
      case '~':
        out += "\\textasciitilde{}";
        break;
      case '^':
        out += "\\textasciicircum{}";
        break;
      case '<':
        out += "\\textless{}";
        break;
      case '>':
        out += "\\textgreater{}";
        break;
      case '[':
        out += "{[}";
        break;  // after \\ it would be a length
      case ']':
        out += "{]}";
        break;
      case '\n':
      case '\r':
      case '\t':
        out += ' ';
        break;
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
      case '{':
      case '}':
        out += '\\';
        [[fallthrough]];
      default:
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    }
  }
  std::string plain;  // the few symbols of our tables that plain LaTeX cannot set
  for (std::size_t i = 0; i < out.size();) {
    if (out.compare(i, 3, "≥") == 0) {
      plain += "$\\geq$";
      i += 3;
    } else if (out.compare(i, 3, "–") == 0) {
      plain += "--";
      i += 3;
    } else {
      plain += out[i++];
    }
  }
  return plain;
}

/// A comment ends with its line, and only there.
std::string comment(const std::string& text) {
  std::string out = "% ";
  for (const char c : to_utf8(text)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  return out + "\n";
}

std::string table_text(const Table& table, const std::string& caption, const std::string& label) {
  std::string out = "\\begin{table}\n\\centering\\small\n\\caption{" + escaped(caption) +
                    "}\n\\label{tab:" + label + "}\n\\begin{tabular}{";
  for (const auto& column : table.columns) out += column.numeric ? 'r' : 'l';
  out += "}\n\\toprule\n";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    out += (i == 0 ? "" : " & ") + escaped(table.columns[i].heading);
  }
  out += " \\\\\n\\midrule\n";
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out += (i == 0 ? "" : " & ") + escaped(row[i].text);
    out += " \\\\\n";
  }
  return out + "\\bottomrule\n\\end{tabular}\n\\end{table}\n";
}

}  // namespace

std::string to_latex(const Document& document) {
  const std::string title = full_title(document);
  std::string out = comment(title) + "% Needs \\usepackage{booktabs} and UTF-8 input.\n";
  for (const auto& notice : document.notices) out += "\n\\textbf{" + escaped(notice) + "}\n";
  for (const auto& section : document.sections) {
    const std::string caption = title + (section.heading.empty() ? "" : ": " + section.heading);
    for (std::size_t i = 0; i < section.tables.size(); ++i) {
      const std::string label = section.name + (i == 0 ? "" : "-" + std::to_string(i + 1));
      out += "\n" + table_text(section.tables[i], caption, label);
    }
    for (const auto& note : section.notes) out += "\n" + escaped(note) + "\n";
  }
  out += "\n";
  for (const auto& line : document.footer) out += comment(line);
  return out;
}

}  // namespace weir
