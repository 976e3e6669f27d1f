#include "tasks/test_files.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(TestFiles, AreKnownByFolderOrName) {
  for (const char* path : {"tests/data/x.json", "a/test_b.py", "pkg/store_test.go", "src/x.spec.ts",
                           "src/x.test.jsx", "a/src/test/java/FooTest.java", "FooIT.java",
                           "spec/models/user.rb", "web/__tests__/a.js", "tests.py"}) {
    EXPECT_TRUE(is_test_file(path)) << path;
  }
  for (const char* path : {"src/contest.py", "src/latest.go", "attest/x.py", "src/testing.md.in",
                           "testing", "docs/test", "src/protest_x.py", "Detest.java"}) {
    EXPECT_FALSE(is_test_file(path)) << path;
  }
}

TEST(TestFiles, ConfigurationThatTurnsVerdictsIsKnown) {
  for (const char* path : {"conftest.py", "a/conftest.py", "sitecustomize.py", "x.pth", "pytest.ini",
                           "jest.config.ts", "vitest.config.mts", ".mocharc.json", "phpunit.xml.dist"}) {
    EXPECT_TRUE(is_test_config(path)) << path;
  }
  for (const char* path : {"setup.cfg", "pyproject.toml", "package.json", "conf.py", "jest.md"}) {
    EXPECT_FALSE(is_test_config(path)) << path;
  }
}

}  // namespace
}  // namespace weir
