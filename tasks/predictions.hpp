#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// One diff for one instance, as a predictions file has it.
struct Prediction {
  std::string instance_id;
  std::string patch;   ///< "" is never run: the official harness's empty_patch
  std::string model;   ///< model_name_or_path; of SWE-bench Pro `prefix`; "" if not told
  int line = 0;        ///< where its row begins
  bool counts = true;  ///< false if a later row is about the same instance
};

/// Something about a predictions file that the official harness passes over in silence, or
/// stumbles on later.
struct PredictionFinding {
  enum class Kind {
    duplicate,       ///< several rows for an instance: the last counts, as officially
    empty_patch,     ///< "", null or no patch at all
    missing_model,   ///< no model_name_or_path
    several_models,  ///< the file names more than one
    other_id,        ///< an object's key differs from the id in its value, which counts
    unknown_id,      ///< not in the suite; officially the whole file is refused
  };
  Kind kind;
  std::string instance_id;  ///< "" of a finding about the file
  std::vector<int> lines;   ///< the rows concerned, in file order
  std::string message;      ///< "file:line: what", whole
};

/// A predictions file, read: every row of it, and every finding. A plain value.
struct Predictions {
  std::filesystem::path file;
  std::vector<Prediction> rows;             ///< in file order, those that do not count too
  std::vector<PredictionFinding> findings;  ///< by kind, then in file order
};

/// Reads predictions in any known shape: JSON lines, an array, or an object keyed by id;
/// rows of SWE-bench and SWE-bench-Live (model_patch), SWE-bench Pro (patch, prefix) and
/// Multi-SWE-bench (org, repo, number, fix_patch). Which it is, its content says. Throws
/// UserError "file:line: cause" for what is malformed, has no instance_id, or is a data set.
[[nodiscard]] Predictions read_predictions(const std::filesystem::path& file);

/// The same from text already in hand; `file` is for messages.
[[nodiscard]] Predictions parse_predictions(const std::filesystem::path& file,
                                            std::string_view text);

/// Adds an unknown_id for each instance that is none of `suite_ids`, with what may have
/// been meant.
void find_unknown_ids(Predictions& predictions, const std::vector<std::string>& suite_ids);

/// The rows as JSON lines in SWE-bench's shape, which every harness of its kind reads.
[[nodiscard]] std::string render_predictions(const std::vector<Prediction>& rows);

}  // namespace weir
