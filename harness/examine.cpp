#include "harness/examine.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/model/failure.hpp"
#include "harness/model/model.hpp"
#include "runners/oci/engine.hpp"
#include "runners/process.hpp"
#include "runners/sandbox.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

using Level = Finding::Level;

constexpr milliseconds kWorstSkew{5'000};
constexpr int kTinyAnswer = 512;  // tokens; thinking needs a few hundred

TimePoint now() {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

/// Whether boxes work, on what footing, and each thing that is weaker than it
/// could be, with its cure.
std::vector<Finding> boxes() {
  std::unique_ptr<Sandbox> sandbox;
  try {
    sandbox = make_box_sandbox();  // runs a first command
  } catch (const InfraError& error) {
    return {{"boxes", Level::bad, error.what()}};
  }
  const auto description = nlohmann::json::parse(sandbox->description());
  std::vector<Finding> findings = {
      {"boxes", Level::good,
       fmt::format("work: {}; limits by {}", description.value("footing", std::string()),
                   description.value("limits", std::string()))}};
  for (const auto& refused : description.at("refused")) {
    findings.push_back({"better boxes", Level::note, refused.get<std::string>()});
  }
  for (const auto& each : sandbox->degraded()) {
    const auto colon = each.find(':');
    findings.push_back({"box " + each.substr(0, colon), Level::note, each.substr(colon + 2)});
  }
  return findings;
}

Finding images() {
  try {
    const Engine engine = Engine::find();
    return {"images", Level::good, "by " + engine.name()};
  } catch (const InfraError& error) {
    return {"images", Level::note, error.what()};
  }
}

Finding tool(const std::string& name) {
  const ProcessResult result = run_process({.argv = {name, "--version"}});
  if (!result.ok()) return {name, Level::bad, "is not installed; scripts/setup installs it"};
  return {name, Level::good, result.out.substr(0, result.out.find('\n'))};
}

Finding thinking_of(const ModelSpec& spec, const Completion& completion) {
  const bool thought = !completion.message.reasoning.empty() ||
                       completion.tokens.output_reasoning.value_or(0) > 0;
  const bool wanted = spec.thinking != "off";
  if (thought == wanted) return {"thinking", Level::good, spec.thinking};
  return {"thinking", Level::note,
          fmt::format("{} was asked for, {} came; check the dialect", spec.thinking,
                      thought ? "reasoning" : "none")};
}

Finding cache_of(const Completion& completion) {
  if (completion.tokens.input_hit) return {"cache fields", Level::good, "reported"};
  return {"cache fields", Level::note,
          "the usage does not say what the cache served: costs stay unknown unless hits and misses "
          "have one price"};
}

Finding clock_of(const Completion& completion) {
  if (!completion.clock_skew) return {"clock", Level::note, "the server sends no Date"};
  const auto skew = *completion.clock_skew;
  const std::string text = fmt::format("{:+.1f} s against the server",
                                       -static_cast<double>(skew.count()) / 1000);
  const bool off = skew > kWorstSkew || skew < -kWorstSkew;
  return {"clock", off ? Level::note : Level::good,
          off ? text + "; prices go by the time of dispatch: set the clock" : text};
}

Finding price_of(const ModelSpec& spec, const PriceBook& prices, const Completion& completion) {
  const PriceKey key{spec.price_host.empty() ? spec.host() : spec.price_host,
                     spec.price_as.empty() ? completion.served_model : spec.price_as, spec.model};
  const auto cost = prices.cost(key, now(), completion.tokens);
  if (!cost && prices.rates(key, now())) {
    return {"price", Level::note, "the book has an entry, but the usage does not say enough to apply it"};
  }
  if (!cost) {
    return {"price", Level::note,
            fmt::format("the book has none for {} at {}; set price_host and price_as, or add an "
                        "entry",
                        key.served_model, key.host)};
  }
  if (cost->by_request) {
    return {"price", Level::note,
            fmt::format("{} applies to {}, which was asked for; the book does not know {}",
                        cost->entry, spec.model, completion.served_model)};
  }
  return {"price", Level::good,
          fmt::format("{} ({}): this call ${:.8f}", cost->entry,
                      prices.entry(cost->entry)->confidence, static_cast<double>(cost->pusd) / 1e12)};
}

}  // namespace

std::vector<Finding> examine_machine() {
  std::vector<Finding> findings = boxes();
  findings.insert(findings.end(), {images(), tool("git"), tool("bash")});
  const auto book = nlohmann::json::parse(PriceBook::bundled().text());
  findings.push_back({"price book", Level::good,
                      "bundled, as of " + book.value("as_of", std::string("an unknown day"))});
  return findings;
}

std::vector<Finding> examine_model(const ModelSpec& spec, const PriceBook& prices) {
  ModelSpec tiny = spec;
  tiny.max_tokens = std::min(spec.max_tokens, kTinyAnswer);
  ChatRequest request;
  request.tools = nlohmann::json::array();
  request.messages = {{Role::user, "Answer with the one word: ready", "", {}, ""}};
  Completion completion;
  try {
    check_model(tiny);
    completion = make_model(tiny, Task{}, 0)->complete(request, {"doctor/-/-/1"});
  } catch (const UserError& error) {
    return {{"call", Level::bad, error.what()}};
  }
  if (!completion.ok()) {
    const FailureClass* found = find_failure_class(completion.error_class);
    return {{"call", Level::bad,
             fmt::format("{}: {} ({})", completion.error_class, describe_failure(completion),
                         found == nullptr ? "" : found->meaning)}};
  }
  const std::string latency =
      fmt::format("{} ms, first payload after {} ms", completion.latency.count(),
                  completion.ttft ? std::to_string(completion.ttft->count()) : "?");
  const bool other = completion.served_model != spec.model;
  return {{"served by", other ? Level::note : Level::good,
           fmt::format("{}{}{}", completion.served_model,
                       completion.fingerprint.empty() ? "" : ", fingerprint " + completion.fingerprint,
                       other ? fmt::format(" (asked for {})", spec.model) : "")},
          {"latency", Level::good, latency},
          thinking_of(spec, completion),
          cache_of(completion),
          clock_of(completion),
          price_of(spec, prices, completion)};
}

}  // namespace weir
