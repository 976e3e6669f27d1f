#pragma once

#include <string>
#include <string_view>

namespace weir {

/// SHA-256 of `bytes` as 64 lower-case hex digits.
[[nodiscard]] std::string sha256(std::string_view bytes);

/// SHA-256 of bytes that come piece by piece. Not thread-safe; one owner.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);
  /// Of all that came so far; more may come.
  [[nodiscard]] std::string hex() const;

 private:
  void* context_;
};

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
