#include <fmt/format.h>

#include <algorithm>

#include "results/report.hpp"

namespace weir {
namespace {

constexpr const char* kUnknown = "unknown";

std::string percent(double share) { return fmt::format("{:.1f} %", share * 100); }

std::string rate(const ClusteredRate& r) {
  if (r.trials == 0) return "no data";
  return fmt::format("{} [{:.1f}, {:.1f}]", percent(r.rate), r.interval.low * 100,
                     r.interval.high * 100);
}

std::string usd(const std::optional<double>& value) {
  return value ? fmt::format("${:.5f}", *value) : kUnknown;
}

/// A sum over `parts`; where some calls have no price, at least that much.
std::string spend(const std::optional<Spend>& sum, int parts) {
  if (parts == 0) return "no data";
  if (!sum || (sum->known == 0 && sum->unknown_calls > 0)) return kUnknown;
  const std::string known = usd(static_cast<double>(sum->known) / 1e12 / parts);
  return sum->unknown_calls == 0 ? known : "≥ " + known;
}

std::string tokens(const std::optional<std::int64_t>& value) {
  if (!value) return kUnknown;
  const double count = static_cast<double>(*value);
  if (count >= 1e6) return fmt::format("{:.2f} M", count / 1e6);
  if (count >= 1e4) return fmt::format("{:.1f} k", count / 1e3);
  return fmt::format("{}", *value);
}

std::string share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? "–" : percent(static_cast<double>(part) / static_cast<double>(whole));
}

std::string hit_share(const ConfigSummary& row) {
  if (!row.input_total || !row.input_hit) return kUnknown;
  return share(*row.input_hit, *row.input_total);
}

using Row = std::vector<std::string>;

std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 3);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      out += "| " + rows[r][i] + std::string(widths[i] - width(rows[r][i]) + 1, ' ');
    }
    out += "|\n";
    if (r > 0) continue;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      out += "|" + std::string(widths[i] + 1, '-') + (i == 0 ? "-" : ":");
    }
    out += "|\n";
  }
  return out;
}

Row headings() {
  return {"config",      "tasks",     "trials",       "resolved",        "resolved, missing count",
          "missing",     "$ / trial", "$ / trial, cold", "$ / trial, warm", "$ / resolved",
          "$ total",     "tokens in",
          "cache hits",  "tokens out", "turns",       "escalated turns", "spend on strong tiers"};
}

Row cells(const ConfigSummary& row) {
  const bool cascade = row.tiers > 1;
  return {row.config,
          fmt::format("{}", row.headline.tasks),
          fmt::format("{}", row.headline.trials),
          rate(row.headline),
          rate(row.all),
          fmt::format("{}", row.missing),
          spend(row.headline_spend, row.headline.trials),
          spend(row.headline_cold, row.headline.trials),
          spend(row.headline_warm, row.headline.trials),
          row.resolved == 0 ? "none resolved" : spend(row.headline_spend, row.resolved),
          spend(row.spend, 1),
          tokens(row.input_total),
          hit_share(row),
          tokens(row.output_total),
          fmt::format("{}", row.turns),
          cascade ? share(row.escalated_turns, row.turns) : "–",
          cascade ? (row.strong_share ? percent(*row.strong_share) : kUnknown) : "–"};
}

std::string table_of(const std::vector<ConfigSummary>& configs) {
  std::vector<Row> rows = {headings()};
  for (const auto& config : configs) rows.push_back(cells(config));
  return table(rows);
}

std::string outcome_line(const ConfigSummary& row) {
  std::string line;
  for (const auto& [name, count] : row.outcomes) {
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", name, count);
  }
  return line;
}

std::string changes(const Comparison& c) {
  std::string out;
  for (const auto& change : c.changes) {
    out += fmt::format("**The model behind \"{}\" changed at {}: {} became {}.**\n", change.model,
                       format_time(change.at), server_name(change.old_served, change.old_fingerprint),
                       server_name(change.new_served, change.new_fingerprint));
  }
  if (c.straddling > 0) {
    out += fmt::format("{} trials met both models and stand in no part.\n", c.straddling);
  }
  return out.empty() ? out : out + "\n";
}

std::string footer(const Comparison& c, const std::vector<ConfigSummary>& rows) {
  std::string out = "\n";
  out += "Resolved: share of trials with a 95 % interval clustered by task. The first column leaves "
         "out missing data\n(errors of providers and machines, trials not run), the second counts it "
         "as unresolved. Costs are what the\ncounted tries spent, discarded drafts included; $ per "
         "trial and per resolved are over the first column's\ntrials. Cold and warm are estimates of "
         "the same trials with other caches: none that outlives a trial, and\none that loses nothing. "
         "Escalated turns and strong tiers exist in cascades only.\n\n";
  for (const auto& row : rows) {
    const auto models = c.models.find(row.config);
    out += fmt::format("- {}: {}{}; {}", row.config,
                       models == c.models.end() ? "" : models->second,
                       c.run.simulated ? " (simulated)" : "", outcome_line(row));
    if (row.discarded_calls > 0) out += fmt::format("; {} calls discarded", row.discarded_calls);
    if (row.unpriced_calls > 0) {
      out += fmt::format("; {} calls without a price, so that ≥ stands before its costs",
                         row.unpriced_calls);
    }
    if (row.usd_other_tries.value_or(1) != 0) {
      out += "; further tries " + usd(row.usd_other_tries);
    }
    out += "\n";
  }
  if (c.priced_by_request > 0) {
    out += fmt::format("- {} calls are priced as the model asked for: the price book does not know the "
                       "one that served\n",
                       c.priced_by_request);
  }
  std::string entries;
  for (const auto& entry : c.price_entries) entries += (entries.empty() ? "" : ", ") + entry;
  out += fmt::format(
      "\nRun {} \"{}\", seed {}, weir {}, experiment {:.12}, price book {:.12} ({}).\n",
      c.run.id.substr(0, 12), c.run.name, c.run.seed, c.run.weir_version, c.run.spec_sha256,
      c.run.price_book_sha256, entries.empty() ? "no entry used" : entries);
  return out;
}

}  // namespace

std::string markdown_report(const Comparison& comparison) {
  const std::string incomplete =
      comparison.begun == comparison.expected
          ? ""
          : fmt::format(" (incomplete: {} of {} trials begun)", comparison.begun, comparison.expected);
  std::string out = fmt::format(
      "## {}: {} tasks x {} attempts{}{}\n\n", comparison.run.name, comparison.tasks,
      comparison.attempts,
      comparison.run.simulated ? " (simulated models: not a measurement)" : "", incomplete);
  out += changes(comparison);
  if (comparison.parts.empty()) {
    return out + table_of(comparison.configs) + footer(comparison, comparison.configs);
  }
  std::vector<ConfigSummary> all;
  for (std::size_t i = 0; i < comparison.parts.size(); ++i) {
    const auto& part = comparison.parts[i];
    out += fmt::format("### Part {} of {}: not to be pooled with the others\n\n", i + 1,
                       comparison.parts.size());
    out += table_of(part) + "\n";
    all.insert(all.end(), part.begin(), part.end());
  }
  return out + footer(comparison, all);
}

}  // namespace weir
