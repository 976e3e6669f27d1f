#include "tasks/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

namespace weir {
namespace {

std::string to_hex(const unsigned char* bytes, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    out.push_back(kDigits[bytes[i] >> 4]);
    out.push_back(kDigits[bytes[i] & 15]);
  }
  return out;
}

EVP_MD_CTX* start() {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1) {
    throw std::bad_alloc();
  }
  return context;
}

std::string finish(EVP_MD_CTX* context) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context, bytes.data(), &size);
  return to_hex(bytes.data(), size);
}

}  // namespace

std::string sha256(std::string_view bytes) {
  EVP_MD_CTX* context = start();
  EVP_DigestUpdate(context, bytes.data(), bytes.size());
  std::string hex = finish(context);
  EVP_MD_CTX_free(context);
  return hex;
}

Sha256::Sha256() : context_(start()) {}
Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

void Sha256::add(std::string_view bytes) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size());
}

std::string Sha256::hex() const {
  EVP_MD_CTX* copy = start();
  EVP_MD_CTX_copy_ex(copy, static_cast<const EVP_MD_CTX*>(context_));
  std::string hex = finish(copy);
  EVP_MD_CTX_free(copy);
  return hex;
}

Digest::Digest() : context_(start()) {}
Digest::~Digest() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

Digest& Digest::add(std::string_view field) {
  const std::string length = std::to_string(field.size()) + ":";
  auto* context = static_cast<EVP_MD_CTX*>(context_);
  EVP_DigestUpdate(context, length.data(), length.size());
  EVP_DigestUpdate(context, field.data(), field.size());
  return *this;
}

std::string Digest::hex() { return finish(static_cast<EVP_MD_CTX*>(context_)); }

}  // namespace weir
