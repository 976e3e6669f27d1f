#include "tests/end_to_end/weir.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runners/process.hpp"

namespace weir {

Ran run_weir(std::vector<std::string> arguments, std::vector<std::string> env) {
  arguments.insert(arguments.begin(), WEIR_BINARY);
  const auto result =
      run_process({.argv = arguments, .env = std::move(env), .timeout = std::chrono::minutes(4)});
  return {result.timed_out ? -1 : result.exit_code, result.out, result.err};
}

std::string sql(const std::filesystem::path& db, const std::string& query) {
  const Ran ran = run_weir({"sql", query, "--db", db.string(), "--json"});
  if (ran.exit_code != 0) return "error: " + ran.err;
  const auto rows = nlohmann::json::parse(ran.out).at("rows");
  if (rows.empty()) return "no rows";
  const auto& cell = rows.at(0).front();
  return cell.is_null() ? "NULL" : cell.get<std::string>();
}

std::string essence(const std::filesystem::path& db) {
  std::string out;
  for (const char* query :
       {"SELECT group_concat(line, char(10)) FROM (SELECT task||config||attempt||outcome||"
        "coalesce(stop_reason,'')||turns||escalated_turns||calls||discarded_calls||input_total||"
        "input_hit||output_total||cost_pusd AS line FROM v_trial ORDER BY line)",
        "SELECT group_concat(line, char(10)) FROM (SELECT substr(segment, 33)||turn||tier||decision"
        "||rule||score||mode||undo AS line FROM v_decision ORDER BY line)",
        "SELECT group_concat(line, char(10)) FROM (SELECT substr(call, 33)||accepted||input_total||"
        "output_total||cost_pusd||started_at AS line FROM v_call ORDER BY line)"}) {
    out += sql(db, query) + "\n----\n";
  }
  return out;
}

pid_t start_weir(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  std::string binary = WEIR_BINARY;
  argv.push_back(binary.data());
  std::vector<std::string> copies = arguments;
  for (auto& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, 1);
    ::dup2(null, 2);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool boxes_work() { return ::geteuid() == 0; }

}  // namespace weir
