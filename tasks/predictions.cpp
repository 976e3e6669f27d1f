#include "tasks/predictions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/json_rows.hpp"
#include "tasks/nearest.hpp"
#include "tasks/row_keys.hpp"
#include "tasks/swebench_dialect.hpp"

namespace weir {
namespace {

using nlohmann::json;
using Kind = PredictionFinding::Kind;

/// How a harness spells a prediction. Adding one = one line; the first whose patch a row
/// has is taken.
struct Spelling {
  const char* patch;
  const char* model;
};
constexpr Spelling kSpellings[] = {
    {"model_patch", "model_name_or_path"},  // SWE-bench, SWE-bench-Live
    {"patch", "prefix"},                    // SWE-bench Pro
    {"fix_patch", "model_name_or_path"},    // Multi-SWE-bench
};

const Spelling& spelling_of(const json& row) {
  for (const auto& spelling : kSpellings) {
    if (row.contains(spelling.patch)) return spelling;
  }
  return kSpellings[0];
}

/// Graded by mistake, a data set would pass every test with its own solutions.
bool is_instance(const json& row) {
  return !row.contains("model_patch") &&
         (row.contains("problem_statement") || row.contains("resolved_issues"));
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) { read_.file = file; }

  Predictions read(std::string_view text) {
    JsonRows rows = cut_json_rows(text);
    if (!rows.defect.empty())
      throw UserError(fmt::format("{}:{}", read_.file.string(), rows.defect));
    const bool object = rows.shape == JsonRows::Shape::object;
    if (object && is_row(rows.slices)) rows.slices = {rows.whole};
    for (const auto& slice : rows.slices) {
      try {
        take(slice);
      } catch (const UserError& error) {
        throw UserError(fmt::format("{}: {}", at(slice.line), error.what()));
      }
    }
    find_duplicates();
    find_models();
    std::stable_sort(read_.findings.begin(), read_.findings.end(),
                     [](const auto& a, const auto& b) { return a.kind < b.kind; });
    return std::move(read_);
  }

 private:
  [[nodiscard]] std::string at(int line) const {
    return fmt::format("{}:{}", read_.file.string(), line);
  }

  void find(Kind kind, std::string id, std::vector<int> lines, const std::string& what) {
    std::string message = fmt::format("{}: {}", at(lines.back()), what);
    read_.findings.push_back({kind, std::move(id), std::move(lines), std::move(message)});
  }

  /// Whether an object's members are a prediction's, not predictions.
  static bool is_row(const std::vector<JsonSlice>& members) {
    return std::any_of(members.begin(), members.end(), [](const JsonSlice& member) {
      return member.key == "\"instance_id\"" || member.key == "\"fix_patch\"";
    });
  }

  void take(const JsonSlice& slice) {
    const json row = parse_row(slice.text);
    if (!row.is_object()) {
      throw UserError(fmt::format("a prediction must be a JSON object, not {}", row.type_name()));
    }
    if (is_instance(row)) {
      throw UserError(
          "an instance, not a prediction; `gold` in place of a file takes the "
          "solutions of the suite");
    }
    const Spelling& spelling = spelling_of(row);
    Prediction prediction;
    prediction.line = slice.line;
    prediction.instance_id = id_of(row, slice);
    prediction.patch = optional_text(row, spelling.patch).value_or("");
    prediction.model = optional_text(row, spelling.model).value_or("");
    const std::string& id = prediction.instance_id;
    if (prediction.patch.empty()) {
      const bool there = row.contains(spelling.patch);
      const char* how = !there ? "missing" : row.at(spelling.patch).is_null() ? "null" : "empty";
      find(Kind::empty_patch, id, {slice.line},
           fmt::format("{}: {} is {}: it is not run", id, spelling.patch, how));
    }
    if (prediction.model.empty()) {
      find(Kind::missing_model, id, {slice.line}, fmt::format("{}: has no {}", id, spelling.model));
    }
    read_.rows.push_back(std::move(prediction));
  }

  std::string id_of(const json& row, const JsonSlice& slice) {
    const json named = slice.key.empty() ? json("") : parse_row(slice.key);
    if (!named.is_string()) throw UserError("an object's key must be a string");
    const auto key = named.get<std::string>();
    std::string id = optional_text(row, "instance_id").value_or(key);
    if (id.empty() && row.contains("org") && row.contains("number")) id = multi_id(row);
    if (id.empty()) (void)required_text(row, "instance_id");
    if (id.empty()) throw KeyError("instance_id", "is empty");
    if (!key.empty() && key != id) {
      find(Kind::other_id, id, {slice.line},
           fmt::format("{}: stands under the key \"{}\"", id, key));
    }
    return id;
  }

  void find_duplicates() {
    std::map<std::string, std::vector<std::size_t>> seen;
    for (std::size_t i = 0; i < read_.rows.size(); ++i) {
      seen[read_.rows[i].instance_id].push_back(i);
    }
    for (const auto& row : read_.rows) {
      const auto& indices = seen[row.instance_id];
      if (indices.size() < 2 || &row != &read_.rows[indices.front()]) continue;
      std::vector<int> lines;
      for (const auto index : indices) {
        lines.push_back(read_.rows[index].line);
        read_.rows[index].counts = index == indices.back();
      }
      const std::string what = fmt::format("{}: predicted on lines {}; the last counts",
                                           row.instance_id, fmt::join(lines, ", "));
      find(Kind::duplicate, row.instance_id, std::move(lines), what);
    }
  }

  void find_models() {
    std::map<std::string, int> first;
    for (const auto& row : read_.rows) {
      if (!row.model.empty()) first.emplace(row.model, row.line);
    }
    if (first.size() < 2) return;
    std::vector<int> lines;
    std::vector<std::string> names;
    for (const auto& [name, line] : first) {
      lines.push_back(line);
      names.push_back(name);
    }
    std::sort(lines.begin(), lines.end());
    find(Kind::several_models, "", std::move(lines),
         fmt::format("the file names {} models: {}", names.size(), fmt::join(names, ", ")));
  }

  Predictions read_;
};

}  // namespace

Predictions read_predictions(const std::filesystem::path& file) {
  return parse_predictions(file, read_file(file));
}

Predictions parse_predictions(const std::filesystem::path& file, std::string_view text) {
  return Reader(file).read(text);
}

void find_unknown_ids(Predictions& predictions, const std::vector<std::string>& suite_ids) {
  const std::set<std::string> known(suite_ids.begin(), suite_ids.end());
  for (const auto& row : predictions.rows) {
    if (known.count(row.instance_id) > 0) continue;
    predictions.findings.push_back(
        {Kind::unknown_id,
         row.instance_id,
         {row.line},
         fmt::format("{}:{}: {} is not in the suite{}", predictions.file.string(), row.line,
                     row.instance_id, did_you_mean(row.instance_id, suite_ids))});
  }
}

std::string render_predictions(const std::vector<Prediction>& rows) {
  std::string text;
  for (const auto& row : rows) {
    nlohmann::ordered_json object;
    object["instance_id"] = row.instance_id;
    if (!row.model.empty()) object["model_name_or_path"] = row.model;
    object["model_patch"] = row.patch;
    text += object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  }
  return text;
}

}  // namespace weir
