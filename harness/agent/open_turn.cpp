#include "harness/agent/open_turn.hpp"

#include <fmt/format.h>

namespace weir {

std::vector<TreeMember> take_dissenters(std::vector<TreeMember>& members,
                                        const Judgement& judgement) {
  if (members.size() < 2 || judgement.at_grid.empty()) return {};
  const bool first = judgement.at_grid.at(members.front().place);
  std::vector<TreeMember> stay;
  std::vector<TreeMember> leave;
  for (auto& member : members) {
    (judgement.at_grid.at(member.place) == first ? stay : leave).push_back(std::move(member));
  }
  members = std::move(stay);
  return leave;
}

std::string segment_id(const std::string& owner, int try_number, const TrialState& state) {
  std::string id = fmt::format("{}#{}/s{}", owner, try_number, state.router.restarts + state.steps);
  if (state.summaries > 0) id += fmt::format("~{}", state.summaries);
  if (state.partings > 0) id += fmt::format(".{}{}", state.partings, state.aside ? "f" : "");
  return id;
}

}  // namespace weir
