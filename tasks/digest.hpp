#pragma once

#include <string>
#include <string_view>

namespace weir {

/// SHA-256 of `bytes` as 64 lower-case hex digits.
[[nodiscard]] std::string sha256(std::string_view bytes);

/// SHA-256 over a sequence of fields. Each is preceded by its length, so that
/// ("ab","c") and ("a","bc") differ. Not thread-safe; one owner.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  Digest& add(std::string_view field);
  /// Ends the digest; call once.
  [[nodiscard]] std::string hex();

 private:
  void* context_;
};

}  // namespace weir
