#include "harness/router/certificate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tasks/nearest.hpp"

namespace weir {
namespace {

const std::vector<std::string> kBindings = {"served",  "agent_sha256", "redo",     "limits",
                                            "sandbox", "policy",       "threshold"};

std::map<std::string, std::string> texts_of(std::optional<ConfigTable> table) {
  std::map<std::string, std::string> texts;
  if (!table) return texts;
  for (const auto& key : table->keys()) texts[key] = table->text(key).value_or("");
  return texts;
}

/// Names of `then` whose value `now` knows and does not share.
std::vector<std::string> changed(const std::map<std::string, std::string>& then,
                                 const std::map<std::string, std::string>& now) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : then) {
    const auto found = now.find(name);
    if (found == now.end() || found->second == value) continue;
    lines.push_back(fmt::format("{} was \"{}\", is \"{}\"", name, value, found->second));
  }
  return lines;
}

}  // namespace

Certificate read_certificate(ConfigTable& table) {
  Certificate certificate;
  certificate.simulated = table.flag("simulated").value_or(false);
  certificate.binds = texts_of(table.table("binds"));
  for (const auto& [name, unused] : certificate.binds) {
    if (std::find(kBindings.begin(), kBindings.end(), name) == kBindings.end()) {
      table.fail("binds", fmt::format("\"{}\" is nothing a certificate binds{}", name,
                                      did_you_mean(name, kBindings)));
    }
  }
  certificate.population = texts_of(table.table("population"));
  certificate.prices_sha256 = table.text("prices_sha256").value_or("");
  if (auto signals = table.table("signals")) {
    for (const auto& name : signals->keys()) {
      const auto rate = signals->numbers(name);
      if (rate.size() != 2) signals->fail(name, "must be [mean, standard error]");
      certificate.signals[name] = {rate[0], rate[1]};
    }
  }
  // What it certifies is for readers; using it needs none of it.
  (void)table.table("quality");
  (void)table.table("cost");
  table.reject_unknown();
  return certificate;
}

CertificateStanding standing_of(const Certificate& certificate,
                                const std::map<std::string, std::string>& now,
                                const std::map<std::string, std::string>& population,
                                const std::string& prices_sha256) {
  return {changed(certificate.binds, now), changed(certificate.population, population),
          !certificate.prices_sha256.empty() && certificate.prices_sha256 != prices_sha256};
}

}  // namespace weir
