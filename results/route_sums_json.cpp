// Route sums as text, for keeping: every field by its name.

#include <chrono>
#include <nlohmann/json.hpp>

#include "results/route_sums.hpp"

namespace weir {
namespace {

using nlohmann::json;

json spend_json(const Spend& spend) {
  return json::array({spend.known, spend.unknown_calls});
}

Spend spend_of(const json& value) {
  return {value.at(0).get<Picodollars>(), value.at(1).get<std::int64_t>()};
}

// One list of fields serves both directions.
template <typename Sums, typename Visit>
void counts_of_tier(Sums& tier, Visit visit) {
  visit("calls", tier.calls);
  visit("turns", tier.turns);
  visit("input_tokens", tier.input_tokens);
  visit("output_tokens", tier.output_tokens);
  visit("accepted_output", tier.accepted_output);
  visit("accepted_stated", tier.accepted_stated);
  visit("reread", tier.reread);
  visit("reread_hit", tier.reread_hit);
  visit("timed_calls", tier.timed_calls);
  visit("latency_ms", tier.latency_ms);
  visit("ttft_calls", tier.ttft_calls);
  visit("ttft_ms", tier.ttft_ms);
  visit("timed_output", tier.timed_output);
  visit("decoded_ms", tier.decoded_ms);
  visit("decoded_output", tier.decoded_output);
}

template <typename Sums, typename Visit>
void counts_of_escalations(Sums& sums, Visit visit) {
  visit("up", sums.up);
  visit("down", sums.down);
  visit("redone", sums.redone);
  visit("restarts", sums.restarts);
  visit("began_strong", sums.began_strong);
}

template <typename Sums, typename Visit>
void spends_of_escalations(Sums& sums, Visit visit) {
  visit("drafts", sums.drafts);
  visit("votes", sums.votes);
  visit("cold", sums.cold);
  visit("first", sums.first);
  visit("stay", sums.stay);
  visit("back", sums.back);
  visit("abandoned", sums.abandoned);
  visit("beginnings", sums.beginnings);
  visit("other", sums.other);
}

template <typename Sums, typename Visit>
void counts_of_shape(Sums& shape, Visit visit) {
  visit("trajectories", shape.trajectories);
  visit("first_prompt", shape.first_prompt);
  visit("steps", shape.steps);
  visit("growth", shape.growth);
}

json tier_json(const TierSums& tier) {
  json out = {{"model", tier.model},
              {"key", {tier.key.host, tier.key.served_model, tier.key.requested_model}},
              {"at_ms", tier.at.time_since_epoch().count()},
              {"spend", spend_json(tier.spend)},
              {"accepted_spend", spend_json(tier.accepted_spend)},
              {"cache", json::object()}};
  counts_of_tier(tier, [&](const char* key, std::int64_t value) { out[key] = value; });
  for (const auto& [bin, cache] : tier.cache) {
    out["cache"][std::to_string(bin)] = {cache.calls, cache.input_total, cache.input_hit};
  }
  return out;
}

TierSums tier_of(const json& value) {
  TierSums tier;
  tier.model = value.at("model").get<std::string>();
  const json& key = value.at("key");
  tier.key = {key.at(0).get<std::string>(), key.at(1).get<std::string>(),
              key.at(2).get<std::string>()};
  tier.at = TimePoint(milliseconds(value.at("at_ms").get<std::int64_t>()));
  tier.spend = spend_of(value.at("spend"));
  tier.accepted_spend = spend_of(value.at("accepted_spend"));
  counts_of_tier(tier, [&](const char* name, std::int64_t& into) {
    into = value.at(name).get<std::int64_t>();
  });
  for (const auto& [bin, cache] : value.at("cache").items()) {
    tier.cache[std::stoi(bin)] = {cache.at(0).get<std::int64_t>(), cache.at(1).get<std::int64_t>(),
                                  cache.at(2).get<std::int64_t>()};
  }
  return tier;
}

}  // namespace

json to_json(const RouteSums& sums) {
  json out = {{"trials", sums.trials}, {"tiers", json::array()}};
  for (const auto& tier : sums.tiers) out["tiers"].push_back(tier_json(tier));
  const auto put = [&](const char* part) {
    return [&out, part](const char* key, std::int64_t value) { out[part][key] = value; };
  };
  counts_of_escalations(sums.escalations, put("escalations"));
  spends_of_escalations(sums.escalations, [&](const char* key, const Spend& spend) {
    out["escalations"][key] = spend_json(spend);
  });
  counts_of_shape(sums.shape, put("shape"));
  return out;
}

RouteSums route_sums_from_json(const json& value) {
  RouteSums sums;
  sums.trials = value.at("trials").get<std::int64_t>();
  for (const auto& tier : value.at("tiers")) sums.tiers.push_back(tier_of(tier));
  const auto get = [&](const char* part) {
    return [&value, part](const char* key, std::int64_t& into) {
      into = value.at(part).at(key).get<std::int64_t>();
    };
  };
  counts_of_escalations(sums.escalations, get("escalations"));
  spends_of_escalations(sums.escalations, [&](const char* key, Spend& spend) {
    spend = spend_of(value.at("escalations").at(key));
  });
  counts_of_shape(sums.shape, get("shape"));
  return sums;
}

}  // namespace weir
